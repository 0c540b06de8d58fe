"""Currencies: which ones a column of amounts is in, that they are one, and conversion at given rates."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from custvalue.frames.affixes import DOLLARS, SIGNS, take_apart
from custvalue.frames.blanks import blanks_to_missing
from custvalue.frames.checks import ROWS_NAMED, FrameCheck, to_pandas
from custvalue.frames.values import (
    arrow_texts,
    cast_if_all_fit,
    cells_named,
    distinct_texts,
    row_label,
    text_cells,
    without_wrappers,
)
from custvalue.rules.errors import raise_all, refusal_text

Candidates = tuple[str, ...]


def currency_signs(column: "pd.Series[Any]") -> "pd.Series[str]":
    """Return the currency that each amount text names by a sign or code, missing where there is none.

    A sign of several currencies keeps its family: ``¥`` is ``CNY/JPY``, ``kr`` is ``DKK/ISK/NOK/SEK``. Only a plain
    ``$`` is taken for ``USD``, though a score of countries write their own dollar or peso so; ``HK$`` or ``$5 CAD`` say
    which. Texts that are no amounts, and typed numbers, name none.

    Parameters
    ----------
    column : pandas.Series
        Amounts as texts.

    Returns
    -------
    pandas.Series
        Codes of ISO 4217 with the column's index.

    Examples
    --------
    >>> import pandas as pd
    >>> currency_signs(pd.Series(["$1,234", "HK$5", "200万元", "￥8", "7", "by $ only"])).tolist()
    ['USD', 'HKD', 'CNY', 'CNY/JPY', nan, nan]
    """
    codes, families = _signs(column)
    names = pd.array([_family(candidates) for candidates in families], dtype="str")
    return pd.Series(names.take(codes, allow_fill=True), index=column.index, name=column.name, dtype="str")


def check_one_currency(
    amounts: "pd.Series[Any]",
    currencies: "pd.Series[Any] | None" = None,
    name: str = "amount",
    *,
    several: bool = False,
) -> str | None:
    """Return the one currency that signs and a currency column agree on, or refuse a mixture.

    Parameters
    ----------
    amounts : pandas.Series
        The amounts as texts, with their signs.
    currencies : pandas.Series, optional
        The currency of each row (codes or names such as RMB), where there is such a column.
    name : str
        The amounts' column, for messages.
    several : bool
        Rows may be in different currencies, as their currency column says: only contradictions are refused, and signs
        in rows that the column leaves empty.

    Returns
    -------
    str or None
        The code; a family such as ``CNY/JPY`` where nothing narrows it down; None where no cell names a currency.
        A plain ``$`` agrees with any dollar or peso, and is USD where nothing says otherwise.

    Raises
    ------
    ValueError
        If the cells name more than one currency, with the counts and the first row of each.
        If a row's sign and its currency column contradict each other.
        If ``several`` and a row has a sign and no currency.

    Examples
    --------
    >>> import pandas as pd
    >>> check_one_currency(pd.Series(["$5", "7"]), pd.Series(["CAD", "CAD"]))
    'CAD'
    >>> check_one_currency(pd.Series(["$5", "€7", "$8"]))
    Traceback (most recent call last):
    custvalue.rules.errors.InputError: amount: amounts must be in one currency: got USD in 2 cells (first in row 0), EUR
    in 1 cell (first in row 1) (column 'amount'). Read one currency at a time; or let them in with
    several_currencies=True, where a currency column tells them apart, and convert with convert_currency(frame, {'EUR':
    rate}, to='USD').
    """
    signs, sign_families = _signs(amounts)
    names, name_families = _names(currencies) if currencies is not None else (np.full(len(signs), -1), [])
    pairs = pd.DataFrame({"sign": signs, "name": names, "row": np.arange(len(signs))})
    pairs = pairs.groupby(["sign", "name"], sort=False)["row"].agg(["size", "first"]).reset_index()
    failures, said = [], []
    for sign, place, n, row in pairs.to_numpy().tolist():
        families = [known[at] for known, at in ((sign_families, sign), (name_families, place)) if at >= 0]
        if several and sign >= 0 and place < 0:
            failures.append(
                refusal_text(
                    "a row with a currency sign names its currency",
                    f"{_family(sign_families[sign])} by the sign and an empty currency in {cells_named(n)}",
                    "Fill the currency in.",
                    f"column {name!r}, first in row {row_label(amounts.index, row)}",
                )
            )
        if families and _shared(families):
            said.append((_shared(families), n, row))
        elif families:
            failures.append(
                refusal_text(
                    "an amount's sign and its row's currency must agree",
                    f"{_family(families[0])} by the sign and {_family(families[1])} by the row in {cells_named(n)}",
                    "Correct one of the two.",
                    f"column {name!r}, first in row {row_label(amounts.index, row)}",
                )
            )
    shared = _shared([candidates for candidates, _, _ in said]) if said else ()
    if said and not shared and not several:
        failures.append(_mixture(said, amounts.index, name))
    raise_all(name, failures)
    return _family(shared) if shared else None


def convert_currency(
    frame: Any,
    rates: Any,
    *,
    to: str,
    on: str | None = None,
    amount: str = "amount",
    currency: str = "currency",
) -> pd.DataFrame:
    """Convert amounts in several currencies to one.

    ``amount = amount_original × rate``, where the rate is what one unit of the row's currency costs in units of ``to``:
    the fixed one, or the last one of its currency on or before the row's date.

    Parameters
    ----------
    frame : frame
        One row per amount: ``amount`` (currency units, missing allowed), ``currency`` (a code such as EUR; case and
        stray blanks do not matter, and RMB is CNY), and the date column that ``on`` names.
    rates : dict or frame
        Fixed rates as ``{code: rate}``, or a frame with ``currency``, ``rate`` (units of ``to`` per unit of the
        currency, above 0) and, for dated rates, ``date``. ``to`` itself needs no rate: it is 1.
    to : str
        The currency to convert to.
    on : str, optional
        The date column that picks the rate; needed with dated rates, not used with fixed ones.
    amount, currency : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        The frame's rows in their order with their index: ``amount`` converted (float64), ``currency`` now ``to``, and
        at the end ``amount_original`` and ``currency_original`` as they were. A missing amount stays missing, whatever
        its currency; where the currency is missing too, it stays so.

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, or the frame has the columns of originals already.
        If an amount has no currency, or needs a dated rate and has no date, with the rows.
        If a rate is missing, naming every currency and its dates.
        If a rate is not above 0, is given twice for a currency and date, or is not 1 for ``to``.
        If rates are dated and ``on`` is not given.

    Notes
    -----
    A dated rate holds until the next one, however long that is. Which rate it is, a day's, a month's mean or the
    budget's, the caller chooses; amounts converted at different kinds of rate do not add up to the books.

    Examples
    --------
    >>> import pandas as pd
    >>> deals = pd.DataFrame({"amount": [100.0, 70.0, None], "currency": ["EUR", "CNY", "EUR"],
    ...     "closed": pd.to_datetime(["2026-07-01", "2026-07-01", None])})
    >>> rates = pd.DataFrame({"currency": ["EUR", "EUR"], "rate": [7.5, 8.0],
    ...     "date": pd.to_datetime(["2026-01-01", "2026-07-02"])})
    >>> convert_currency(deals, rates, to="CNY", on="closed")[["amount", "currency", "amount_original"]].values.tolist()
    [[750.0, 'CNY', 100.0], [70.0, 'CNY', 70.0], [nan, 'CNY', nan]]
    """
    frame = to_pandas(frame)
    check = FrameCheck(frame, "convert_currency")
    target = _codes(pd.Series([to], dtype="str"))[0] if isinstance(to, str) and to.strip() else ""
    if not target:
        check.fail("to must be a currency code", repr(to), "Give one such as 'CNY'.")
    table, dated = _rates(rates, target, check)
    amounts = check.numbers(amount, purpose="the value to convert")
    codes = _codes(frame[currency]) if check.require(currency, "the currency of each amount") else _codes(pd.Series([]))
    for column in (f"{amount}_original", f"{currency}_original"):
        if column in frame.columns:
            check.fail(f"column {column!r} must be free", "a column of that name", "Rename it, or convert only once.")
    if dated and on is None:
        check.fail("dated rates need the date of each amount", "on=None", "Name the date column with on=.")
    days = check.dates(on, purpose="the date of each rate") if dated and on is not None else None
    check.done()
    has_amount = ~np.isnan(amounts)
    check.fail_rows(
        f"{currency} must not be missing where there is an amount",
        currency,
        has_amount & codes.isna().to_numpy(),
        "Fill it in or leave the row out.",
    )
    needs = has_amount & codes.notna().to_numpy() & (codes != target).to_numpy()
    if days is not None and on is not None:
        undated = needs & days.isna().to_numpy()
        check.fail_rows(f"{on} must not be missing where it picks the rate", on, undated, "Fill it in.")
        needs &= ~undated
    found = _looked_up(codes[needs], days[needs] if days is not None else None, table)
    _fail_missing_rates(check, found, table, np.flatnonzero(needs), currency)
    check.done()
    factors = np.ones(len(frame))
    factors[needs] = found["rate"].to_numpy()
    converted: pd.DataFrame = frame.assign(
        **{
            amount: amounts * factors,
            currency: codes.where(codes.isna(), target),
            f"{amount}_original": frame[amount],
            f"{currency}_original": frame[currency],
        }
    )
    return converted


def _signs(column: "pd.Series[Any]") -> tuple[NDArray[np.int64], list[Candidates]]:
    """Return the place of each row's candidates, -1 where its text names no currency, and the candidates."""
    column = without_wrappers(column)
    if column.dtype == object:
        column = column.where(text_cells(column)).astype("str")
    if column.dtype != "str":
        return np.full(len(column), -1), []
    if _is_plain(column):
        return np.full(len(column), -1), []
    column, _ = blanks_to_missing(column)
    if _is_plain(column):
        return np.full(len(column), -1), []
    cells = distinct_texts(column)
    amounts = take_apart(cells.texts)
    families = list(dict.fromkeys(affix.currencies for affix in amounts.affixes if affix.currencies))
    place = {candidates: number for number, candidates in enumerate(families)}
    places = np.array([*(place.get(affix.currencies, -1) for affix in amounts.affixes), -1])
    return cells.spread(places[amounts.codes], -1), families


def _is_plain(column: "pd.Series[str]") -> bool:
    """Say whether every text is a bare number, so that there are no signs to look for."""
    return cast_if_all_fit(arrow_texts(column), pa.float64()) is not None


def _names(column: "pd.Series[Any]") -> tuple[NDArray[np.int64], list[Candidates]]:
    """Return the place of each row's candidates by its currency column, -1 where missing, and the candidates."""
    codes, distinct = pd.factorize(_codes(column))
    return codes, [SIGNS.get(text, (text,)) for text in distinct]


def _codes(column: "pd.Series[Any]") -> "pd.Series[str]":
    """Return a currency column as codes: stripped, in capitals, names and signs of one currency as its code."""
    column = without_wrappers(column)
    cleaned, _ = blanks_to_missing(column.astype("str"))
    places, distinct = pd.factorize(cleaned)
    capitals = [text.upper() for text in distinct]
    names = [SIGNS[text][0] if len(SIGNS.get(text, ())) == 1 else text for text in capitals]
    return pd.Series(pd.array([*names, None], dtype="str").take(places), index=column.index, name=column.name)


def _shared(families: Iterable[Candidates]) -> Candidates:
    """Return the currencies that all families have in common."""
    first, *others = families
    return tuple(code for code in first if all(code in other for other in others))


def _family(candidates: Candidates) -> str:
    """Return the name of what a sign can mean: a code, a family, or USD for the plain dollar."""
    return DOLLARS[0] if DOLLARS[0] in candidates else "/".join(candidates)


def _mixture(said: list[tuple[Candidates, int, int]], index: "pd.Index[Any]", name: str) -> str:
    found = pd.DataFrame([(_family(candidates), n, row) for candidates, n, row in said], columns=["code", "n", "row"])
    found = found.groupby("code").agg(n=("n", "sum"), row=("row", "min"))
    found = found.sort_values(["n", "row"], ascending=[False, True])
    listed = ", ".join(
        f"{code} in {cells_named(n)} (first in row {row_label(index, row)})"
        for code, n, row in zip(found.index, found["n"].tolist(), found["row"].tolist(), strict=True)
    )
    codes = [code.split("/")[0] for code in found.index]
    rates = ", ".join(f"{code!r}: rate" for code in codes[1:])
    return refusal_text(
        "amounts must be in one currency",
        listed,
        "Read one currency at a time; or let them in with several_currencies=True, where a currency column tells them "
        f"apart, and convert with convert_currency(frame, {{{rates}}}, to={codes[0]!r}).",
        f"column {name!r}",
    )


def _rates(rates: Any, target: str, check: FrameCheck) -> tuple[pd.DataFrame, bool]:
    """Return rates as ``code``, ``rate`` and, if dated, ``date``, sorted by it; note what is wrong with them."""
    if isinstance(rates, Mapping):
        values = pd.Series(list(rates.values()), index=list(rates), dtype=None if rates else "float64")
        rates = pd.DataFrame({"currency": list(rates), "rate": values}, index=values.index)
    given = to_pandas(rates)
    of_rates = FrameCheck(given, "rates")
    numbers = of_rates.numbers("rate", missing_ok=False, purpose=f"units of {target} per unit of the currency")
    of_rates.fail_rows("rate must be above 0", "rate", numbers <= 0, "Give units of the target per unit.")
    dated = "date" in given.columns
    table = pd.DataFrame({"rate": numbers})
    if dated:
        table["date"] = of_rates.dates("date").to_numpy()
        of_rates.fail_rows("date must not be missing", "date", table["date"].isna().to_numpy(), "Fill it in.")
    if of_rates.require("currency", "the code each rate is of"):
        table["code"] = _codes(given["currency"]).array
        nameless = table["code"].isna().to_numpy()
        of_rates.fail_rows("currency must not be missing", "currency", nameless, "Fill it in.")
        key = ["code", "date"] if dated else ["code"]
        of_rates.fail_rows(
            f"a currency has one rate{' on a date' if dated else ''}",
            "currency",
            table.duplicated(key).to_numpy() & ~nameless,
            "Keep one." if dated else "Keep one, or give each its date in a column 'date'.",
        )
        of_rates.fail_rows(
            f"the rate of {target} is 1",
            "rate",
            (table["code"] == target).to_numpy(dtype=bool, na_value=False) & (numbers != 1),
            "Give units of the target per unit of the currency.",
        )
    check.failures.extend(f"rates: {failure}" for failure in of_rates.failures)
    return (table.sort_values("date", kind="stable") if dated else table), dated


def _looked_up(codes: "pd.Series[str]", days: "pd.Series[Any] | None", table: pd.DataFrame) -> pd.DataFrame:
    """Return code, date and rate of the rows that need one, in their order; the rate missing where there is none."""
    rows = pd.DataFrame({"code": codes.to_numpy()}, dtype="str")
    if days is None:
        return rows.merge(table, on="code", how="left", validate="many_to_one")
    rows["date"] = days.to_numpy().astype("M8[us]")
    by_date = rows.sort_values("date", kind="stable")
    table = table.assign(date=table["date"].to_numpy().astype("M8[us]"))
    return pd.merge_asof(by_date, table, on="date", by="code").set_index(by_date.index).sort_index()


def _fail_missing_rates(
    check: FrameCheck, found: pd.DataFrame, table: pd.DataFrame, places: NDArray[np.int64], currency: str
) -> None:
    """Note every currency that has no rate, with its dates and rows."""
    lacking = found["rate"].isna().to_numpy()
    for code, rows in found[lacking].groupby("code", sort=True):
        on, remedy = "", f"Add the rate of {code}."
        if "date" in found.columns:
            dates = rows["date"].sort_values().dt.strftime("%Y-%m-%d").unique()
            more = f" and {len(dates) - ROWS_NAMED} more dates" if len(dates) > ROWS_NAMED else ""
            first = table.loc[table["code"] == code, "date"].min()
            known = "there is none" if pd.isna(first) else f"its first is of {first:%Y-%m-%d}"
            on, remedy = f" on {', '.join(dates[:ROWS_NAMED])}{more}", f"Add one of {dates[0]} or before ({known})."
        labels = [row_label(check.frame.index, place) for place in places[rows.index[:ROWS_NAMED]]]
        others = f" and {len(rows) - ROWS_NAMED} more" if len(rows) > ROWS_NAMED else ""
        where = f"column {currency!r}, row{'s' if len(rows) > 1 else ''} {', '.join(labels)}{others}"
        check.fail("every currency needs a rate", f"none for {code}{on}", remedy, where)
