"""Reading and checking a million opportunities beside pyarrow.csv, pandas and the same pandera schema."""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.csv as pc

import custvalue as cv
from custvalue.frames.contracts import schema_for

N = 1_000_000
RUNS = 7


def deals(n):
    """Return clean opportunities."""
    draw = np.random.default_rng(1)
    created = np.datetime64("2024-01-01") + draw.integers(0, 700, n).astype("timedelta64[D]")
    outcome = draw.choice(["won", "lost", None], n)
    closed = pd.Series(created + draw.integers(5, 200, n).astype("timedelta64[D]"))
    return pd.DataFrame(
        {
            "opportunity": [f"D{i:07d}" for i in range(n)],
            "account": draw.choice([f"客户{i}" for i in range(50_000)], n),
            "owner": draw.choice([f"rep {i}" for i in range(200)], n),
            "stage": draw.choice(cv.playbook.DEAL_HEAT.names, n),
            "amount": draw.lognormal(11, 1, n).round(2),
            "created": created,
            "expected_close": created + draw.integers(5, 300, n).astype("timedelta64[D]"),
            "closed": closed.where(pd.notna(outcome)),
            "outcome": outcome,
            "probability": draw.integers(1, 100, n) / 100,
        }
    )


def plain(path):
    """Read with pyarrow's own types and hold the frame to the same schema."""
    frame = pc.read_csv(path, convert_options=pc.ConvertOptions(strings_can_be_null=True)).to_pandas()
    return schema_for("opportunities").validate(frame, lazy=True)


def seconds(call):
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main():
    """Print the medians and their ratio, then the other styles and XLSX on a tenth of the rows."""
    frame = deals(N)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "opportunities.csv")
        frame.to_csv(path, index=False)
        pairs = [
            (seconds(lambda: cv.read_table(path, "opportunities")), seconds(lambda: plain(path))) for _ in range(RUNS)
        ]
        ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"plain CSV, {N:,} rows: read_table {ours:.2f} s, pyarrow and pandera {theirs:.2f} s")
        print(f"ratio {ours / theirs:.2f}")
        dollars = Path(folder, "dollars.csv")
        frame.assign(amount=frame["amount"].map("${:,.2f}".format)).to_csv(dollars, index=False)
        print(f"$ amounts: {seconds(lambda: cv.read_table(dollars, 'opportunities')):.2f} s")
        days = Path(folder, "days.csv")
        dates = {name: frame[name].dt.strftime("%d/%m/%Y") for name in ("created", "expected_close", "closed")}
        frame.assign(**dates).to_csv(days, index=False)
        print(f"day-first dates: {seconds(lambda: cv.read_table(days, 'opportunities')):.2f} s")
        sheet = Path(folder, "deals.xlsx")
        frame.head(N // 10).to_excel(sheet, index=False, engine="xlsxwriter")
        print(f"XLSX, {N // 10:,} rows: {seconds(lambda: cv.read_table(sheet, 'opportunities')):.2f} s")


if __name__ == "__main__":
    main()
