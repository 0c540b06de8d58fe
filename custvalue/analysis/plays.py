"""The table of plays as a frame, to be read, edited and given back."""

from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.rules import playbook
from custvalue.rules.grid import AccountGrid
from custvalue.rules.labels import Label
from custvalue.rules.plays import ACCOUNT_PLAYS, WHO_LABELS, AccountPlays, Play, SegmentPlay

EDITED = "edited table"


def play_table(plays: AccountPlays = ACCOUNT_PLAYS) -> pd.DataFrame:
    """Return what to do in each segment as a table in both languages.

    Parameters
    ----------
    plays : AccountPlays
        The plays; the library's by default.

    Returns
    -------
    pandas.DataFrame
        One row per segment, best first: ``segment``, ``play``, ``label``, ``label_zh``, ``meaning``, ``meaning_zh``,
        ``who`` ("hunter" or "farmer"), ``who_zh`` and ``visits_per_quarter``. Edit it and give it to
        :func:`read_plays`.

    References
    ----------
    Library default; hunters and farmers are the lecture's (提升客户价值).

    Examples
    --------
    >>> play_table().loc[0, ["segment", "label", "label_zh", "who_zh"]].tolist()
    ['A1+', 'defend', '守护', '农夫']
    """
    of = {play.name: play for play in plays.plays}
    rows = [
        (
            row.segment,
            row.play,
            of[row.play].label.en,
            of[row.play].label.zh,
            of[row.play].meaning.en,
            of[row.play].meaning.zh,
            row.who,
            WHO_LABELS[row.who].zh,
            float(row.visits_per_quarter),
        )
        for row in plays.rows
    ]
    names = (
        *("segment", "play", "label", "label_zh", "meaning", "meaning_zh"),
        *("who", "who_zh", "visits_per_quarter"),
    )
    return pd.DataFrame(rows, columns=list(names))


def read_plays(table: Any, *, source: str = EDITED, grid: AccountGrid = playbook.ACCOUNT_GRID) -> AccountPlays:
    """Return an edited table of plays as the rule that the functions take.

    Parameters
    ----------
    table : frame
        One row per segment: ``segment``, ``play``, ``who`` ("hunter" or "farmer"), ``visits_per_quarter``; ``label``,
        ``label_zh``, ``meaning`` and ``meaning_zh`` are taken where they are (of a play's first row), and else are the
        play's name.
    source : str
        Where the table comes from.
    grid : AccountGrid
        The grid whose segments (27) each need a row.

    Returns
    -------
    AccountPlays

    Raises
    ------
    ValueError
        If a column or a value is missing, or somebody is neither hunter nor farmer.
        If a segment of the grid has no row or several, or a row's segment is not on the grid.

    Examples
    --------
    >>> table = play_table()
    >>> table.loc[table["segment"] == "C3-", "visits_per_quarter"] = 1
    >>> read_plays(table).row("C3-").visits_per_quarter
    1.0
    """
    frame = to_pandas(table)
    check = FrameCheck(frame, "read_plays")
    check.rule("grid", grid, AccountGrid)
    for name in ("segment", "play", "who"):
        if check.require(name):
            check.fail_rows(f"{name} must not be missing", name, frame[name].isna().to_numpy(), "Fill it in.")
    visits = check.numbers("visits_per_quarter", low=0, missing_ok=False)
    if not check.failures:
        _check_segments(check, grid)
    check.done()
    texts = {
        name: frame[name].fillna(frame["play"]).astype(str) if name in frame else frame["play"].astype(str)
        for name in ("label", "label_zh", "meaning", "meaning_zh")
    }
    first = np.flatnonzero(~frame["play"].duplicated().to_numpy())
    kinds = tuple(
        Play(
            str(frame["play"].iloc[row]),
            Label(texts["label"].iloc[row], texts["label_zh"].iloc[row]),
            Label(texts["meaning"].iloc[row], texts["meaning_zh"].iloc[row]),
        )
        for row in first
    )
    rows = tuple(
        SegmentPlay(str(segment), str(play), str(who), float(n))
        for segment, play, who, n in zip(frame["segment"], frame["play"], frame["who"], visits, strict=True)
    )
    return AccountPlays(kinds, rows, source)


def _check_segments(check: FrameCheck, grid: AccountGrid) -> None:
    """Note segments without a row, with several, and unknown ones."""
    named = check.frame["segment"].astype(str)
    known = named.isin(grid.segments)
    check.fail_rows(
        "segment must be on the grid", "segment", ~known.to_numpy(), f"Choose of {', '.join(grid.segments)}."
    )
    repeated = (named.duplicated() & known).to_numpy()
    check.fail_rows("a segment may have one row", "segment", repeated, "Drop the repeated rows.")
    lacking = [segment for segment in grid.segments if segment not in set(named)]
    if lacking:
        check.fail("every segment needs a row", lacking, "Add it; play_table() has them all.", "column 'segment'")
