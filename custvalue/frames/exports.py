"""What standard exports ask of a mapping: names that vary, outcomes told by flags, gaps, one close date, percents."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from custvalue.frames.blanks import blanks_to_missing
from custvalue.frames.deals import OUTCOMES
from custvalue.frames.values import cells_named
from custvalue.rules.errors import refusal

Condition = dict[str, tuple[str, ...]]
CLOSE_PAIR = {"expected_close", "closed"}
PERCENT = 100
ROWS_NAMED = 3
IN_PERCENT = " in percent"
"""How the note ends that a column was divided by 100; it begins with the column's name."""
PARTED = "closing day of"
"""How the note begins that a column of the file was parted into the two close dates."""


def find_column(names: Iterable[str], columns: Iterable[object]) -> str | None:
    """Return the file's column that goes by the first of the names it has, exactly or but for case and blanks.

    Raises
    ------
    ValueError
        If two columns of the file differ only in case or blanks.

    Examples
    --------
    >>> find_column(["Deal Owner", "Owner"], ["Deal ID", "Deal owner", "Owner"])
    'Deal owner'
    """
    texts = [name for name in columns if isinstance(name, str)]
    for name in names:
        if name in texts:
            return name
        alike = [text for text in texts if _loosely(text) == _loosely(name)]
        if len(alike) > 1:
            raise refusal("column names must differ in more than case and blanks", alike, "Rename one of them.")
        if alike:
            return alike[0]
    return None


def _loosely(name: str) -> str:
    return " ".join(name.casefold().split())


def condition(entry: str | dict[str, str | list[str]]) -> Condition:
    """Return an outcome's entry as a condition; a text alone is the name of a stage.

    >>> condition("Closed Won"), condition({"active": "false", "probability": ["0", "0.0"]})
    ({'stage': ('Closed Won',)}, {'active': ('false',), 'probability': ('0', '0.0')})
    """
    if isinstance(entry, str):
        return {"stage": (entry,)}
    return {ours: (values,) if isinstance(values, str) else tuple(values) for ours, values in entry.items()}


def told_outcomes(frame: pd.DataFrame, told: Mapping[str, Sequence[Condition]]) -> pd.DataFrame:
    """Return the deals with their outcome: won or lost where a condition for it holds, missing elsewhere.

    Raises
    ------
    ValueError
        If a deal is told both won and lost.

    Examples
    --------
    >>> deals = pd.DataFrame({"stage": ["Won", "New", "New"], "active": [True, False, True]})
    >>> told = {"won": [{"stage": ("won",)}], "lost": [{"active": ("false",)}]}
    >>> told_outcomes(deals, told)["outcome"].tolist()
    ['won', 'lost', nan]
    """
    holds = {outcome: _any_holds(frame, told.get(outcome, ())) for outcome in OUTCOMES}
    both = holds["won"] & holds["lost"]
    if both.any():
        named = frame.loc[both, "opportunity"].head(ROWS_NAMED).tolist()
        raise refusal("a deal is won or lost", f"{int(both.sum())} rows that say both", "Correct them.", str(named))
    outcome = pd.Series(pd.NA, index=frame.index, dtype="str")
    return frame.assign(outcome=outcome.mask(holds["won"], "won").mask(holds["lost"], "lost"))


def _any_holds(frame: pd.DataFrame, conditions: Iterable[Condition]) -> "pd.Series[bool]":
    """Say for each row whether one of the conditions holds: every column of it bears one of its values."""
    found = pd.Series(False, index=frame.index)
    for one in conditions:
        holds = pd.Series(True, index=frame.index)
        for ours, values in one.items():
            cells = frame[ours].astype("str").str.strip().str.lower()
            holds &= cells.isin([value.lower() for value in values])
        found |= holds
    return found


def fill_gaps(frame: pd.DataFrame, ours: str, others: Iterable[str]) -> tuple[pd.DataFrame, list[tuple[str, object]]]:
    """Fill the empty cells of a column, made where it is missing, from the first of the others that has a value."""
    column = frame[ours] if ours in frame else pd.Series(pd.NA, index=frame.index, dtype="str")
    notes: list[tuple[str, object]] = []
    for other in others:
        gaps = column.isna() & frame[other].notna()
        notes.append((f"{ours} filled from {other}", f"{int(gaps.sum())} rows"))
        column = column.where(~gaps, frame[other])
    return frame.assign(**{ours: column}), notes


def part_close_date(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Part the one date an export keeps: the expected close of open deals, the closing day of closed ones."""
    is_closed = blanks_to_missing(frame["outcome"])[0].isin(OUTCOMES)
    parted = frame.assign(
        closed=frame["closed"].where(is_closed), expected_close=frame["expected_close"].where(~is_closed)
    )
    counts = f"{PARTED} {int(parted['closed'].notna().sum())} closed deals"
    return parted, f"{counts}, expected close of {int(parted['expected_close'].notna().sum())} open ones"


def parted_column(notes: Iterable[tuple[str, object]]) -> str | None:
    """Return the file's column that was parted into the two close dates, as the notes tell; None if none was."""
    return next((item for item, said in notes if str(said).startswith(PARTED)), None)


def may_be_fractions(column: "pd.Series[Any]") -> str:
    """Return what speaks for fractions in a column said to be in percent, or nothing.

    A cell above 1 or a percent sign shows that it is in percent; a column of nothing but zeros is the same in both.

    >>> may_be_fractions(pd.Series(["0.2", "1", ""])), may_be_fractions(pd.Series(["0.2", "75"]))
    ('0.2, 1 among 2 cells, none above 1', '')
    """
    texts = column.dropna().astype("str").str.strip()
    numbers = pd.to_numeric(texts, errors="coerce").dropna()
    above = numbers[numbers > 0]
    if texts.str.endswith("%").any() or above.empty or (numbers > 1).any():
        return ""
    shown = ", ".join(f"{number:g}" for number in above.unique()[:ROWS_NAMED])
    return f"{shown} among {cells_named(len(numbers))}, none above 1"


def from_percent(column: "pd.Series[Any]", name: str, *, bounded: bool) -> tuple["pd.Series[Any]", str]:
    """Return percents as fractions, and how many there were.

    What is no number stays as it is, for the contract to reject; so does what no share can be where the column is
    ``bounded`` by 0 and 100 %, since a reject shows what stands in the file.

    Raises
    ------
    ValueError
        If the cells may be fractions already: none is above 1, and none bears a percent sign.

    Examples
    --------
    >>> from_percent(pd.Series(["75", "7.5 %", None, "soon", "250"]), "probability", bounded=True)
    (0     0.75
    1    0.075
    2     None
    3     soon
    4      250
    dtype: object, '2 cells divided by 100')
    """
    evidence = may_be_fractions(column)
    if evidence:
        raise refusal(
            f"{name} must be in percent or in fractions for certain",
            evidence,
            "If these are percents, write the sign behind them (0.2 %). If they are fractions (a workbook holds 20 % "
            f"as 0.2), take {name} out of percent = [...] in the mapping: custvalue columns FILE --out mapping.toml "
            "writes a preset as a mapping to edit.",
            f"column {name!r}",
        )
    texts = column.astype("str").str.strip().str.removesuffix("%")
    fractions = pd.to_numeric(texts, errors="coerce") / PERCENT
    divided = fractions.notna() & (fractions.between(0, 1) if bounded else True)
    kept = column.notna() & ~divided
    said = f"{cells_named(int(divided.sum()))} divided by {PERCENT}"
    if not kept.any():
        return fractions, said
    return fractions.astype(object).where(~kept, column).where(column.notna(), None), said
