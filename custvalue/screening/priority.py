"""The priority grid: which opportunity first, which second."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from custvalue import kernels
from custvalue.frames.checks import FrameCheck, to_pandas
from custvalue.frames.deals import OUTCOMES, ladder_probability
from custvalue.frames.nullable import nullable_integers
from custvalue.kernels.places import ranks_and_places
from custvalue.kernels.risk import certainty_equivalent
from custvalue.rules import playbook
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.grid_cells import HALFWAY
from custvalue.rules.ladder import Ladder, PriorityGrid

RESULTS = (
    "expected",
    "rank",
    "place",
    "grid_probability",
    "grid_amount",
    "expected_per_hour",
    "certainty_equivalent",
)


def rank_opportunities(
    opportunities: Any,
    *,
    probability: str | None = None,
    amount: str = "amount",
    stage: str = "stage",
    hours: str = "hours",
    ladder: Ladder = playbook.DEAL_HEAT,
    grid: PriorityGrid = playbook.PRIORITY_GRID,
    risk_tolerance: float | None = None,
) -> pd.DataFrame:
    """Rank open opportunities by expected value, and place them on the grid of probability and amount.

    ``expected = probability × amount``. Tie rule: of two equal expected values the higher probability comes first, then
    the earlier row.

    Parameters
    ----------
    opportunities : frame
        One row per opportunity, with a column of amounts in whole currency units (missing allowed) and either a column
        of probabilities (0–1) or one of stages. Where there is an ``outcome`` column, only rows without an outcome are
        open and ranked.
    probability : str, optional
        The column to take probabilities from. By default ``"probability"`` where the frame has it, and otherwise the
        percentage that ``ladder`` gives the stage.
    amount, stage : str
        Column names.
    hours : str
        The column of selling hours still to be spent on the opportunity (0 or more); may be absent.
    ladder : Ladder
        Stage names and their chances of ever winning.
    grid : PriorityGrid
        The probabilities and amounts whose cells the opportunities are put into.
    risk_tolerance : float, optional
        The risk tolerance R in currency, for a certainty equivalent: about the largest amount that one would agree to
        win or to lose half of, at even chances.

    Returns
    -------
    pandas.DataFrame
        The opportunities in their own order and index, with these columns added (replaced where already there); all
        are missing where the amount or the probability is missing, and for closed opportunities:

        - ``probability``; ``expected`` (currency).
        - ``rank``: 1 = first; opportunities equal in expected value and probability share the best rank.
        - ``place``: 1, 2, … without ties: those are placed in the order of their rows.
        - ``grid_probability``, ``grid_amount``: the row and the column of the grid that is nearest, halfway going to
          the higher one (ordered categoricals of the grid's own numbers, lowest first). Missing also where the
          frame's currency is not the grid's.
        - where there is a column of hours, ``expected_per_hour``: expected value per remaining selling hour; missing
          where hours are missing or 0.
        - where ``risk_tolerance`` is given, ``certainty_equivalent``: the certain amount that is worth as much,
          ``−R · ln(1 − p + p · e^(−amount ÷ R))`` (currency).

    Raises
    ------
    ValueError
        If a column is missing or is not a number.
        If a probability lies outside 0–1, an amount or a number of hours is negative, or the stage of an open
        opportunity is unknown.
        If the risk tolerance is not positive and finite, or so small that an amount ÷ R leaves the range of numbers.
        If a column to be read bears the name of a result column, or expected value per hour leaves the range of
        numbers.

    Notes
    -----
    Expected value says nothing about when the money comes. The certainty equivalent assumes that risk is valued
    exponentially, each opportunity by itself: it is for a single large deal, while the risks of many small ones level
    out. It lies between 0 and the expected value, and nears the latter as R grows.

    References
    ----------
    提升客户价值, priority grid (probability 90 / 60 / 30 %, amount 200 / 100 / 50 万). The tie rule and the halfway
    limits of the grid's cells are the library's. R. A. Howard (1988), "Decision analysis: practice and promise",
    Management Science 34(6), 679–695 (risk tolerance).

    Examples
    --------
    >>> from dataclasses import asdict
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> cards = pd.DataFrame([asdict(card) for card in cv.playbook.PRIORITY_GRID.cards])
    >>> ranked = rank_opportunities(cards, risk_tolerance=1e6).sort_values("place")
    >>> ranked[["name", "expected", "certainty_equivalent"]].round()
      name   expected  certainty_equivalent
    0    A  1800000.0             1505971.0
    1    B   600000.0              476863.0
    3    D   600000.0              300294.0
    2    C   450000.0              437145.0
    4    E   150000.0              125609.0
    """
    if risk_tolerance is not None and not (is_number(risk_tolerance) and risk_tolerance > 0):
        raise refusal("risk_tolerance must be positive and finite", risk_tolerance, "Give an amount of currency.")
    frame = to_pandas(opportunities)
    check = FrameCheck(frame, "rank_opportunities")
    check.rule("ladder", ladder, Ladder)
    check.rule("grid", grid, PriorityGrid)
    check.one_currency()
    is_open = np.ones(len(frame), dtype=bool)
    if check.has("outcome"):
        is_open = check.choices("outcome", OUTCOMES) < 0
    amounts = check.numbers(amount, low=0, purpose="what the deal is worth")
    if probability is not None or check.has("probability"):
        chance = check.numbers(probability or "probability", low=0, high=1, purpose="the chance of winning")
    else:
        chance = ladder_probability(check, stage, ladder, needed=is_open)
    with_hours = check.may_use(hours, usual="hours")
    effort = check.numbers(hours, low=0, purpose="selling hours") if with_hours else np.empty(0)
    # Probabilities are written back as they were read; everything else of this name would be lost.
    named = [name for name in (amount, stage, hours) if isinstance(name, str)]
    taken = [name for name in (*named, probability) if name in RESULTS]
    taken += [name for name in named if name == "probability"]
    if taken:
        check.fail("a column to be read must not bear the name of a result column", taken, "Rename it.")
    check.done()
    chance = np.where(is_open, chance, np.nan)
    open_amounts = np.where(is_open, amounts, np.nan)
    expected = chance * open_amounts
    per_hour = _finite_ratio(check, expected, np.where(effort > 0, effort, np.nan), hours) if with_hours else None
    if risk_tolerance is not None:
        _finite_ratio(check, open_amounts, float(risk_tolerance), amount)
    check.done()
    rank, place = _by_expected_value(expected, chance)
    columns = {"probability": chance, "expected": expected, "rank": rank, "place": place}
    on_grid = ~np.isnan(expected) & _in_currency(frame, grid.currency)
    columns["grid_probability"] = _nearest(np.where(on_grid, chance, np.nan), grid.probabilities)
    columns["grid_amount"] = _nearest(np.where(on_grid, amounts, np.nan), grid.amounts)
    if per_hour is not None:
        columns["expected_per_hour"] = per_hour
    if risk_tolerance is not None:
        columns["certainty_equivalent"] = certainty_equivalent(chance, open_amounts, float(risk_tolerance))
    return frame.assign(**columns)


def priority_grid(ranked: Any, *, amount: str = "amount", grid: PriorityGrid = playbook.PRIORITY_GRID) -> pd.DataFrame:
    """Add up ranked opportunities by the cells of the grid of probability and amount.

    Parameters
    ----------
    ranked : frame
        What :func:`rank_opportunities` returned for the same grid.
    amount : str
        The column of amounts the opportunities were ranked by.
    grid : PriorityGrid
        The grid they were placed on.

    Returns
    -------
    pandas.DataFrame
        One row per cell, the highest probability first and in it the highest amount (nine rows for a grid of three by
        three): ``grid_probability``, ``grid_amount``, ``card`` (the lecture's card that lies in the cell, else
        missing), ``n`` (open opportunities), ``amount``, ``expected`` (currency, 0 for an empty cell) and
        ``expected_share`` (of all expected value on the grid; missing where that is 0).

    Raises
    ------
    ValueError
        If a column is missing, the opportunities were placed on another grid, or the amounts of a cell add up to more
        than a number can hold.

    Notes
    -----
    Opportunities without a place on the grid (closed, without amount or probability, in another currency) are in no
    cell.

    References
    ----------
    提升客户价值, priority grid; the columns of its cards are reconstructed.

    Examples
    --------
    >>> from dataclasses import asdict
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> cards = pd.DataFrame([asdict(card) for card in cv.playbook.PRIORITY_GRID.cards])
    >>> cells = priority_grid(rank_opportunities(cards))
    >>> cells.loc[cells["n"] > 0, ["card", "expected", "expected_share"]].round(3)
      card   expected  expected_share
    0    A  1800000.0           0.500
    2    C   450000.0           0.125
    4    B   600000.0           0.167
    6    D   600000.0           0.167
    8    E   150000.0           0.042
    """
    frame = to_pandas(ranked)
    check = FrameCheck(frame, "priority_grid")
    check.rule("grid", grid, PriorityGrid)
    amounts = check.numbers(amount, purpose="the amounts they were ranked by")
    expected = check.numbers("expected", purpose="run rank_opportunities first")
    row = _steps(check, "grid_probability", grid.probabilities)
    column = _steps(check, "grid_amount", grid.amounts)
    check.done()
    width = len(grid.amounts)
    n_cells = len(grid.probabilities) * width
    cell = np.where((row >= 0) & (column >= 0), row * width + column, kernels.MISSING_CODE)
    sums, amount_sums = (kernels.sums_by_code(cell, values, n_cells) for values in (expected, amounts))
    if not np.isfinite([sums.sum(), amount_sums.sum()]).all():
        raise refusal("priority_grid: amounts must add up to a finite number", "infinity", "Correct the largest ones.")
    cards = {(card.probability, card.amount): card.name for card in grid.cards}
    levels = [(p, a) for p in grid.probabilities for a in grid.amounts]
    whole = float(sums.sum())
    return pd.DataFrame(
        {
            "grid_probability": [p for p, _ in levels],
            "grid_amount": [a for _, a in levels],
            "card": pd.Series([cards.get(level) for level in levels], dtype="str"),
            "n": np.bincount(cell[cell >= 0], minlength=n_cells).astype(np.int64),
            "amount": amount_sums,
            "expected": sums,
            "expected_share": sums / whole if whole > 0 else np.full(n_cells, np.nan),
        }
    )


def _finite_ratio(
    check: FrameCheck, above: kernels.Floats, below: kernels.Floats | float, column: str
) -> kernels.Floats:
    """Return a ratio; note the rows where it is too large for a number."""
    with np.errstate(over="ignore"):
        ratio: kernels.Floats = above / below
    what = "expected value per hour" if isinstance(below, np.ndarray) else "amount ÷ risk tolerance"
    check.fail_rows(f"{what} must be a finite number", column, np.isinf(ratio), "Correct what it is divided by.")
    return ratio


def _by_expected_value(expected: kernels.Floats, chance: kernels.Floats) -> tuple[Any, Any]:
    """Return the rank that opportunities equal in both share, and the place they do not."""
    with np.errstate(invalid="ignore", over="ignore"):  # nothing has no leading digit, next to nothing too small a one
        alike = kernels.forgiving(expected)
    rank = kernels.descending_rank(alike, np.where(np.isnan(alike), np.nan, chance))
    _, place = ranks_and_places(alike, [chance])
    return nullable_integers(rank), nullable_integers(place)


def _in_currency(frame: pd.DataFrame, currency: str) -> np.ndarray:
    """Say of each row whether it is in the grid's currency, in whatever case; without an entry it is."""
    if "currency" not in frame:
        return np.ones(len(frame), dtype=bool)
    given = frame["currency"]
    return (given.isna() | (given.astype("str").str.strip().str.upper() == currency.upper())).to_numpy(dtype=bool)


def _nearest(values: kernels.Floats, falling: Sequence[float]) -> "pd.Categorical[Any]":
    """Return the nearest level of each value."""
    rising = falling[::-1]
    limits = HALFWAY.between(rising)
    tolerance = kernels.ROUND_OFF * rising[-1]
    codes = kernels.band_codes(values, limits, [HALFWAY.limit_is_higher] * len(limits), tolerance=tolerance)
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(rising), ordered=True))


def _steps(check: FrameCheck, column: str, falling: Sequence[float]) -> kernels.Integers:
    """Return each row's step on the grid, 0 for the highest; -1 where it has none."""
    values = check.numbers(column, purpose="run rank_opportunities first") if not check.has(column) else None
    if values is not None:
        return np.full(len(check.frame), kernels.MISSING_CODE)
    given = pd.to_numeric(check.frame[column].astype("Float64"), errors="coerce").to_numpy(np.float64, na_value=np.nan)
    steps = np.full(given.size, kernels.MISSING_CODE)
    for step, level in enumerate(falling):
        steps[given == level] = step
    lost = (steps < 0) & ~np.isnan(given)
    check.fail_rows(f"{column} must be on the grid", column, lost, "Pass the grid= they were ranked with.")
    return steps
