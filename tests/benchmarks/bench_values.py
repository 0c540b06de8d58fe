"""How long a million cells take to read: plain, with signs, in other styles, with blanks and rejects among them."""

import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from custvalue.frames.blanks import blanks_to_missing
from custvalue.frames.currency import check_one_currency, convert_currency
from custvalue.frames.dates import parse_dates
from custvalue.frames.numbers import parse_numbers
from custvalue.frames.spellings import similar_spellings

ROWS, REPEATS = 1_000_000, 3
COMMA = str.maketrans(",.", ".,")


def best(function, *arguments, **keywords):
    """Return the least of a few times, in milliseconds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function(*arguments, **keywords)
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def main():
    """Print milliseconds per million cells."""
    draw = np.random.default_rng(1)
    money = np.round(draw.lognormal(9, 1.5, ROWS), 2)
    moments = pd.Series(np.datetime64("2019-01-01", "s") + draw.integers(0, 2500 * 86_400, ROWS).astype("m8[s]"))
    plain = pd.Series([f"{value:.2f}" for value in money])
    iso = moments.dt.strftime("%Y-%m-%d")
    print(f"pyarrow cast to float {best(lambda: pc.cast(pa.array(plain), pa.float64())):.0f} ms, ", end="")
    print(f"to date {best(lambda: pc.cast(pa.array(iso), pa.date32())):.0f} ms")
    dollars = pd.Series([f"${value:,.2f}" for value in money])
    numbers = {
        "plain": plain,
        "plain, a tenth empty": plain.where(draw.random(ROWS) > 0.1, ""),
        "plain, one cell unread": plain.where(np.arange(ROWS) != ROWS // 2, "call us"),
        "$1,234.50": dollars,
        "1.234,50": pd.Series([f"{value:,.2f}".translate(COMMA) for value in money]),
        "￥1.2万": pd.Series([f"￥{value / 10_000:.1f}万" for value in money]),
    }
    dates = {
        "ISO": iso,
        "ISO, a tenth empty": iso.where(draw.random(ROWS) > 0.1, ""),
        "ISO with time": moments.dt.strftime("%Y-%m-%d %H:%M:%S"),
        "day first": moments.dt.strftime("%d/%m/%Y"),
        "month first, AM/PM": moments.dt.strftime("%m/%d/%Y %I:%M:%S %p"),
        "Excel serials": (moments - pd.Timestamp("1899-12-30")).dt.days,
        "YYYYMMDD": moments.dt.strftime("%Y%m%d").astype(int),
    }
    for style, column in numbers.items():
        print(f"parse_numbers {style:24} {best(parse_numbers, column, 'amount'):6.0f} ms")
    for style, column in dates.items():
        print(f"parse_dates   {style:24} {best(parse_dates, column, 'closed'):6.0f} ms")
    labels = pd.Series(draw.choice(["Won", "Lost", "GTX Pro", "GTXPro", "N/A"], ROWS))
    others = {
        "blanks_to_missing, labels": (blanks_to_missing, labels),
        "blanks_to_missing, amounts": (blanks_to_missing, plain),
        "similar_spellings, labels": (similar_spellings, labels),
        "check_one_currency, plain": (check_one_currency, plain),
        "check_one_currency, $": (check_one_currency, dollars),
    }
    for what, (function, column) in others.items():
        print(f"{what:38} {best(function, column):6.0f} ms")
    frame = pd.DataFrame({"amount": money, "currency": draw.choice(["EUR", "USD", "CNY"], ROWS), "closed": moments})
    days = pd.date_range("2018-12-31", "2026-12-31")
    rates = pd.DataFrame({"currency": np.repeat(["EUR", "USD"], len(days)), "date": [*days, *days]}).assign(rate=7.5)
    print(
        f"convert_currency fixed {best(convert_currency, frame, {'EUR': 8.0, 'USD': 7.0}, to='CNY'):.0f} ms, ", end=""
    )
    print(f"dated {best(convert_currency, frame, rates, to='CNY', on='closed'):.0f} ms")


if __name__ == "__main__":
    main()
