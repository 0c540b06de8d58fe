"""The deals a period hangs on: each one's part of the expected value and variance, and of the chance of target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from custvalue.frames.nullable import nullable_booleans
from custvalue.frames.parts import Parts
from custvalue.frames.periods import AsOf, check_freq
from custvalue.kernels.arrays import Floats
from custvalue.kernels.leave_one_out import reach_if
from custvalue.kernels.pools import Pool, covariances, own_variance
from custvalue.rules import playbook
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.ladder import Ladder
from custvalue.tracking.arguments import check_column_name, period_labels_of
from custvalue.tracking.distribution import distribution_of
from custvalue.tracking.revenue_parts import DealRules, Spread, Strength, revenue_deals

# A deal whose outcome moves the chance of target by ten points is one the period hangs on.
HINGES_FROM = 0.1
COLUMNS = (
    "used_probability",
    "expected",
    "share_of_expected",
    "share_of_variance",
    "chance_if_won",
    "chance_if_lost",
    "swing",
    "swing_alone",
    "hinges",
    "rank",
)


@dataclass(frozen=True, slots=True)
class DealInfluence(Parts):
    """The answer of :func:`deal_influence`: ``.deals`` row by row, ``.summary`` in one row, the rest as words."""

    deals: pd.DataFrame
    summary: pd.DataFrame
    left_out: pd.DataFrame
    basis: str
    basis_zh: str


def deal_influence(
    opportunities: Any,
    *,
    correlation: float,
    target: float,
    as_of: AsOf,
    period: str | Sequence[str] | None = None,
    hinges_from: float = HINGES_FROM,
    ladder: Ladder = playbook.DEAL_HEAT,
    probability: str | None = None,
    amount_spread: Spread = None,
    probability_strength: Strength = None,
    freq: str = "Q-DEC",
    amount: str = "amount",
    stage: str = "stage",
    outcome: str = "outcome",
    created: str = "created",
    expected_close: str = "expected_close",
    closed: str = "closed",
) -> DealInfluence:
    """Say for each open deal what it brings, what it risks, and how the chance of target hangs on it.

    ``share_of_variance = Cov(aᵢ Wᵢ, Σ a W) ÷ Var(Σ a W)``; ``swing = P(revenue ≥ target | won) − P(… | lost)``. The
    chances weighted with the probability give back the chance of target: ``p × if won + (1 − p) × if lost``.

    Parameters
    ----------
    opportunities : frame
        As for :func:`revenue_distribution`.
    correlation : float
        Latent correlation of any two deals, 0 for independent deals. With a common factor, a deal won also speaks for
        the others: ``swing`` contains that, ``swing_alone`` does not.
    target : float
        The revenue to reach in the period, in currency units.
    as_of : date
        The day on which the question is asked.
    period : str or sequence of str, optional
        As for :func:`revenue_distribution`.
    hinges_from : float
        The ``swing_alone`` (0–1) from which the period is said to hang on a deal.
    ladder, probability, amount_spread, probability_strength, freq : see :func:`revenue_distribution`
        How deals are read.
    amount, stage, outcome, created, expected_close, closed : str
        Column names.

    Returns
    -------
    DealInfluence
        ``.deals``: the period's open deals in the order and with the index and columns of the input, and added:
        ``used_probability``, ``expected`` (currency), ``share_of_expected`` and ``share_of_variance`` (fractions of the
        open deals' expected value and of the revenue's variance; missing where that is zero), ``chance_if_won`` and
        ``chance_if_lost`` (missing for the outcome a probability of 0 or 1 rules out), ``swing``, ``swing_alone`` (what
        the deal's money alone moves, everything the deals share held fixed; the same as ``swing`` for independent
        deals), ``hinges`` (whether ``swing_alone`` is at least ``hinges_from``), ``rank`` (1 = largest ``swing_alone``,
        then the larger share of variance).
        ``.summary``: one row: ``period``, ``target``, ``won``, ``n_open``, ``mean``, ``sd``, ``chance_at_least``,
        ``n_hinges``, ``n_for_half_variance`` (how many deals, largest share first, carry half of the variance),
        ``correlation``, ``event_correlation``. ``.left_out`` and ``.basis``: as for :func:`revenue_distribution`.

    Raises
    ------
    ValueError
        As for :func:`revenue_distribution`.
        If ``target`` is no number, or ``hinges_from`` lies outside 0–1.
        If the frame bears the name of a result column.
        If the target hangs on deals so small beside more than six far larger ones, or beside large ones of uncertain
        amount, that no table shows both.

    Notes
    -----
    Each deal's own factor is divided out of the characteristic function of all. Up to six deals that dwarf all others
    are taken outcome by outcome. Among more than some hundred deals
    alike but for their amount, the chances of the smaller ones are read between neighbours. The limits of
    :func:`revenue_distribution` hold: dates taken at their word, and the correlation is yours.

    References
    ----------
    提升客户价值, deal heat 成交热度.

    Examples
    --------
    >>> import pandas as pd
    >>> deals = pd.DataFrame({
    ...     "amount": [100.0, 900.0],
    ...     "stage": ["quotation", "terms"],
    ...     "outcome": [None, None],
    ...     "expected_close": pd.to_datetime(["2026-09-30", "2026-09-30"]),
    ... })
    >>> found = deal_influence(deals, correlation=0, target=500, as_of="2026-09-15")
    >>> found.deals[["expected", "chance_if_won", "chance_if_lost", "hinges"]].round(6)
       expected  chance_if_won  chance_if_lost  hinges
    0      40.0            0.6             0.6   False
    1     540.0            1.0             0.0    True
    """
    if not is_number(target):
        raise refusal("deal_influence: target must be a number", repr(target), "Give it in currency units.")
    if not is_number(hinges_from) or not 0 <= hinges_from <= 1:
        raise refusal("deal_influence: hinges_from must lie in 0–1", repr(hinges_from), "Write 10 points as 0.1.")
    check_column_name("probability", probability)
    rules = DealRules(
        ladder=ladder,
        correlation=correlation,
        probability=probability,
        amount_spread=amount_spread,
        probability_strength=probability_strength,
        period=period_labels_of(period, check_freq(freq)),
        freq=freq,
        by=(),
        amount=amount,
        stage=stage,
        outcome=outcome,
        created=created,
        expected_close=expected_close,
        closed=closed,
    )
    checked = revenue_deals(opportunities, "deal_influence", as_of, rules, ())
    taken = [name for name in COLUMNS if name in checked.frame]
    if taken:
        raise refusal("deal_influence: the frame must not bear the name of a result column", taken, "Rename it first.")
    whole = distribution_of(checked, groups=False)
    rows = np.flatnonzero(checked.open)
    deals = checked.pool(np.ones(len(checked.frame), dtype=bool))
    expected = deals.amount * deals.probability
    spread_of = own_variance(deals) + deals.amount * covariances(deals)
    share = _shares(spread_of)
    won, lost, alone = _chances(deals, float(target) - whole.won)
    settled = np.isnan(alone)
    order = np.lexsort((-np.nan_to_num(share), np.where(settled, np.inf, -alone)))
    rank = np.empty(rows.size, dtype=np.int64)
    rank[order] = np.arange(1, rows.size + 1)
    hinges = alone >= hinges_from - SWING_SLACK
    running = np.cumsum(np.sort(np.nan_to_num(share))[::-1])
    half = int(np.searchsorted(running, 1 / 2 - SWING_SLACK) + 1) if (share > 0).any() else 0
    summary = pd.DataFrame(
        {
            "period": pd.Series([whole.period], dtype="str"),
            "target": float(target),
            "won": whole.won,
            "n_open": rows.size,
            "mean": whole.mean,
            "sd": whole.sd,
            "chance_at_least": whole.at_least(float(target)),
            "n_hinges": int(hinges.sum()),
            "n_for_half_variance": half,
            "correlation": whole.correlation,
            "event_correlation": whole.event_correlation,
        }
    )
    table = checked.frame.iloc[rows].assign(
        used_probability=deals.probability,
        expected=expected,
        share_of_expected=_shares(expected),
        share_of_variance=share,
        chance_if_won=won,
        chance_if_lost=lost,
        swing=won - lost,
        swing_alone=alone,
        hinges=nullable_booleans(hinges, settled),
        rank=rank,
    )
    return DealInfluence(table, summary, whole.left_out, whole.basis, whole.basis_in("zh"))


SWING_SLACK = 1e-9


def _shares(values: Floats) -> Floats:
    total = values.sum()
    return values / total if total > 0 else np.full(values.size, np.nan)


def _chances(deals: Pool, target: float) -> tuple[Floats, Floats, Floats]:
    """Return the chance of what is still needed if each deal is won, if it is lost, and what its money alone moves."""
    possible = (deals.probability > 0) & (deals.probability < 1)
    certain = deals.probability == 1
    sure = certain & (deals.spread == 0)
    asked = possible | (certain & ~sure)
    left = target - float(deals.amount[sure].sum())
    won, lost, alone = np.full((3, deals.amount.size), np.nan)
    base = float(left <= 0)
    if asked.any():
        won[asked], lost[asked], alone[asked] = reach_if(deals.rows(asked), left)
        if np.isnan(won[asked]).any():
            raise refusal(
                "deal_influence: the target must not hang on deals too small to be seen beside the others",
                f"a target that needs {left:g} of open deals of {deals.amount.min():g} to {deals.amount.max():g}",
                "Ask for the large and the small deals apart, or for a target that the large ones decide.",
            )
        first = np.flatnonzero(asked)[0]
        p = deals.probability[first]
        base = float(won[first] if p == 1 else p * won[first] + (1 - p) * lost[first])
    lost[certain], alone[certain] = np.nan, np.nan
    won[certain] = base
    lost[deals.probability == 0] = base
    return won, lost, alone
