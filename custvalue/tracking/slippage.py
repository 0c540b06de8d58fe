"""How often each deal's expected close was moved across the end of a period, from snapshots of the pipeline."""

from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.periods import AsOf, as_day, check_freq

RESULTS = (
    *("n_snapshots", "n_undated", "n_slips", "n_pull_ins", "first_expected_close", "last_expected_close"),
    "days_later",
)


def slippage(
    snapshots: Any,
    *,
    as_of: AsOf,
    freq: str = "Q-DEC",
    opportunity: str = "opportunity",
    snapshot: str = "snapshot",
    expected_close: str = "expected_close",
) -> pd.DataFrame:
    """Count for each deal how often its expected close was moved into a later period, and into an earlier one.

    A slip is a snapshot whose expected close lies in a later period than in the deal's snapshot before it.

    Parameters
    ----------
    snapshots : frame
        One row per snapshot day and opportunity: ``snapshot`` (date), ``opportunity``, ``expected_close`` (date,
        missing allowed).
    as_of : date
        The day on which the question is asked; later snapshots are not looked at.
    freq : str
        pandas quarter or month frequency: whose ends count.
    opportunity, snapshot, expected_close : str
        Column names.

    Returns
    -------
    pandas.DataFrame
        One row per opportunity, sorted by it: ``opportunity``, ``n_snapshots``, ``n_undated`` (those of them without
        an expected close), ``n_slips``, ``n_pull_ins``, ``first_expected_close``, ``last_expected_close`` and
        ``days_later`` (the last less the first; missing where no date was ever given).

    Raises
    ------
    ValueError
        If a column is missing or of a wrong type, or a row has no snapshot day or no opportunity.
        If an opportunity occurs twice in a snapshot.

    Notes
    -----
    Moves within a period are not counted, nor are moves made and taken back between two snapshots. Snapshots without
    an expected close are counted in ``n_undated`` and passed over: the next date is compared with the last one given.

    Examples
    --------
    >>> import pandas as pd
    >>> seen = pd.DataFrame({"snapshot": pd.to_datetime(["2026-01-31", "2026-02-28", "2026-04-30"]),
    ...                      "opportunity": "a",
    ...                      "expected_close": pd.to_datetime(["2026-03-31", "2026-05-31", "2026-08-31"])})
    >>> slippage(seen, as_of="2026-09-30")[["opportunity", "n_slips", "days_later"]]
      opportunity  n_slips  days_later
    0           a        2       153.0
    """
    frame = to_pandas(snapshots)
    check = FrameCheck(frame, "slippage")
    found = count_slips(check, as_day(as_of), freq, opportunity=opportunity, snapshot=snapshot, due=expected_close)
    check.done()
    return found


def count_slips(
    check: FrameCheck, day: pd.Timestamp, freq: str, *, opportunity: str, snapshot: str, due: str
) -> pd.DataFrame:
    """Check the snapshots and count; the result holds nothing where something failed."""
    check_freq(freq)
    taken = check.dates(snapshot, purpose="when the snapshot was taken")
    expected = check.dates(due, purpose="when the deal is due")
    named = check.require(opportunity, "which deal it is")
    ids = check.frame[opportunity] if named else pd.Series(range(len(taken)), index=taken.index)
    if not check.failures:
        check.fail_rows("a snapshot must have a day", snapshot, taken.isna().to_numpy(), "Say when it was taken.")
        check.fail_rows("opportunity must not be missing", opportunity, ids.isna().to_numpy(), "Name the deal.")
        copies = pd.DataFrame({"id": ids, "taken": taken}).duplicated().to_numpy() & taken.notna().to_numpy()
        check.fail_rows("an opportunity may occur once in a snapshot", opportunity, copies, "Drop the copies.")
    if opportunity in RESULTS:
        check.fail("opportunity must not bear the name of a result column", repr(opportunity), "Rename it first.")
    if check.failures:
        return pd.DataFrame()
    keep = np.flatnonzero((taken <= day).to_numpy() & ids.notna().to_numpy())
    table = pd.DataFrame({"id": ids.array, "taken": taken.array, "due": expected.array}).iloc[keep]
    table = table.sort_values(["id", "taken"], kind="stable", ignore_index=True)
    dated = table[table["due"].notna()]
    number = dated["due"].dt.to_period(freq).astype("int64")
    same = (dated["id"] == dated["id"].shift()).to_numpy(dtype=bool, na_value=False)
    step = np.where(same, number.diff().fillna(0), 0)
    moves = dated.assign(later=step > 0, earlier=step < 0).groupby("id", observed=True, sort=True)
    table["undated"] = table["due"].isna()
    whole = table.groupby("id", observed=True, sort=True)
    result = whole.agg(n_snapshots=("taken", "size"), n_undated=("undated", "sum"))
    result = result.join(
        moves.agg(
            n_slips=("later", "sum"),
            n_pull_ins=("earlier", "sum"),
            first_expected_close=("due", "first"),
            last_expected_close=("due", "last"),
        )
    )
    days = (result["last_expected_close"] - result["first_expected_close"]).dt.days.astype("float64")
    counts = {name: result[name].fillna(0).astype("int64") for name in ("n_slips", "n_pull_ins")}
    return result.assign(**counts, days_later=days).rename_axis(opportunity).reset_index()
