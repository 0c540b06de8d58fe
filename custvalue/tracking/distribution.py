"""A period's revenue as a distribution: won so far, plus every open deal that may or may not be won."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

import numpy as np
import pandas as pd

from custvalue.frames.nullable import ordered_classes
from custvalue.frames.parts import Parts
from custvalue.frames.periods import AsOf, check_freq
from custvalue.kernels import pools as kernel_pools
from custvalue.kernels.arrays import Floats
from custvalue.kernels.money_sums import MoneySum, money_sum
from custvalue.kernels.pools import Pool
from custvalue.rules import playbook
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.labels import Lang, check_lang
from custvalue.rules.ladder import Ladder
from custvalue.tracking.arguments import check_column_name, column_list, period_labels_of
from custvalue.tracking.revenue_parts import DealRules, RevenueDeals, Spread, Strength, revenue_deals
from custvalue.tracking.revenue_words import basis_text

SUMMARY = (
    "n_won",
    "won",
    "n_open",
    "open",
    "expected_open",
    "mean",
    "sd",
    "p10",
    "p50",
    "p90",
    "correlation",
    "event_correlation",
    "method",
    "error_bound",
    "error_kind",
)
_TEXTS, _COUNTS = ("method", "error_kind"), ("n_won", "n_open")
SUMMARY_TYPES: dict[str, Any] = {
    name: "str" if name in _TEXTS else "int64" if name in _COUNTS else "float64" for name in SUMMARY
}
SHOWN = (0.1, 0.5, 0.9)
LEVELS = np.arange(1, 1000) / 1000


@dataclass(frozen=True, slots=True)
class RevenueDistribution(Parts):
    """The distribution of a period's revenue; the answer of :func:`revenue_distribution`.

    ``won`` is certain; ``mean`` and ``sd`` are exact; quantiles are off by at most ``error_bound`` (currency, over P1 …
    P99; ``error_kind`` says whether that is proved or estimated), found by ``method``. ``event_correlation`` is that of
    two deals' outcomes (won or not), averaged with the money at stake as weight; missing where no two deals are open.
    ``summary`` has one row for each
    part (or for the whole), ``left_out`` says which deals are not in it. ``parts`` holds the distributions by period
    and group, keyed by ``(period, *group)``. ``a + b`` and ``sum([a, b])`` add the revenue of independent parts.
    """

    period: str
    n_won: int
    won: float
    n_open: int
    open: float
    mean: float
    sd: float
    event_correlation: float
    summary: pd.DataFrame
    left_out: pd.DataFrame
    parts: Mapping[tuple[Any, ...], "RevenueDistribution"] = field(repr=False)
    pools: tuple[Pool, ...] = field(repr=False)
    draw_names: frozenset[str] = field(repr=False)
    latent: float = field(repr=False)
    found: MoneySum = field(repr=False)

    @property
    def method(self) -> str:
        """How the distribution was found."""
        return self.found.method

    @property
    def error_bound(self) -> float:
        """How far a quantile between P1 and P99 may be off, in currency."""
        return self.found.error

    @property
    def error_kind(self) -> str:
        """Whether the error bound is ``proved`` or ``estimated``."""
        return self.found.error_kind

    @property
    def correlation(self) -> float:
        """The latent correlation of two deals: that of the normal variables behind winning."""
        return max((part.correlation for part in self.pools), default=0.0)

    @property
    def basis(self) -> str:
        """What is assumed of the deals together, in words; "independent deals" where nothing is shared."""
        return self.basis_in("en")

    def basis_in(self, lang: Lang) -> str:
        """Return :attr:`basis` in a language."""
        check_lang(lang)
        strengths = {part.strengths[code] for part in self.pools for code in np.unique(part.draw) if code >= 0}
        mixed = self.correlation > 0 and any(part.correlation == 0 for part in self.pools)
        return basis_text(self.correlation, self.event_correlation, strengths, mixed, lang)

    @overload
    def quantile(self, q: float) -> float: ...
    @overload
    def quantile(self, q: Sequence[float] | Floats) -> Floats: ...
    def quantile(self, q: Any) -> Any:
        """Return the smallest revenue that is not exceeded with chance ``q`` (0 < q < 1), one for each ``q``."""
        level = _numbers(q, "a quantile's level lies between 0 and 1", "Write P90 as 0.9.")
        if not ((level > 0) & (level < 1)).all():
            raise refusal("a quantile's level lies between 0 and 1", repr(q), "Write P90 as 0.9.")
        found = self.found.law.quantile(np.atleast_1d(level))
        return found if level.ndim else float(found[0])

    def interval(self, level: float) -> tuple[float, float]:
        """Return the central interval that holds the revenue with chance ``level``."""
        if not is_number(level) or not 0 < level < 1:
            raise refusal("an interval's level lies between 0 and 1", repr(level), "Write 80 % as 0.8.")
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    def at_least(self, target: float) -> float:
        """Return the chance that the revenue reaches the target."""
        if not is_number(target):
            raise refusal("target must be a number", repr(target), "Give it in currency units.")
        return float(np.clip(1.0 - self.found.law.below(np.array([float(target)]))[0], 0.0, 1.0))

    @overload
    def cdf(self, x: float) -> float: ...
    @overload
    def cdf(self, x: Sequence[float] | Floats) -> Floats: ...
    def cdf(self, x: Any) -> Any:
        """Return the chance of a revenue of at most ``x``, one for each ``x``."""
        at = _numbers(x, "cdf needs numbers", "Give revenue in currency units, one number or a list of them.")
        if np.isnan(at).any():
            raise refusal("cdf needs numbers", "missing", "Leave the missing ones out.")
        found = self.found.law.cdf(np.atleast_1d(at))
        return found if at.ndim else float(found[0])

    def to_frame(self) -> pd.DataFrame:
        """Return the distribution as a table: one row per permille.

        Columns: ``quantile_level`` (0.001 … 0.999), ``revenue`` (currency) and ``chance_at_least`` (the chance that the
        revenue reaches it).
        """
        revenue = self.found.law.quantile(LEVELS)
        reached = np.clip(1.0 - self.found.law.below(revenue), 0.0, 1.0)
        return pd.DataFrame({"quantile_level": LEVELS, "revenue": revenue, "chance_at_least": reached})

    def __add__(self, other: "RevenueDistribution") -> "RevenueDistribution":
        if not isinstance(other, RevenueDistribution):
            return NotImplemented
        # A single deal shows no correlation, and hangs on the common factor all the same.
        if self.latent > 0 and other.latent > 0:
            raise refusal(
                "distributions that share a common factor do not add",
                f"latent correlations {self.latent:g} and {other.latent:g}",
                "Ask revenue_distribution for all their deals at once.",
            )
        if any(mine is theirs for mine in self.pools for theirs in other.pools if mine.amount.size):
            raise refusal(
                "a distribution adds to other deals", "the same deals twice", "Multiply no deal by adding it."
            )
        shared = sorted(self.draw_names & other.draw_names)
        if shared:
            raise refusal(
                "distributions that share a draw of a stage's probability do not add",
                shared,
                "Ask revenue_distribution for all their deals at once.",
            )
        pools = _joined(self.pools + other.pools)
        left_out = self.left_out
        # Parts of one answer share the table of what is in none of them; it counts once.
        if left_out is not other.left_out:
            sums = left_out.columns.drop("reason")
            left_out = left_out.assign(**(left_out[sums] + other.left_out[sums]))
        period = self.period if self.period == other.period else f"{self.period} + {other.period}"
        return _distribution(
            period,
            (self.n_won + other.n_won, self.won + other.won),
            pools,
            self.draw_names | other.draw_names,
            left_out,
            latent=max(self.latent, other.latent),
        )

    def __radd__(self, other: object) -> "RevenueDistribution":
        # sum() begins with 0.
        return self if isinstance(other, int) and other == 0 else NotImplemented


def _numbers(values: Any, rule: str, remedy: str) -> Floats:
    """Return one number or a list of them as an array; texts, yes and no, and tables are refused."""
    if isinstance(values, pd.Series) and pd.api.types.is_numeric_dtype(values):
        values = values.to_numpy(dtype=np.float64, na_value=np.nan)
    try:
        found = np.asarray(values)
    except ValueError:
        found = np.empty(0, dtype=object)
    if found.dtype.kind not in "iuf" or found.ndim > 1:
        raise refusal(rule, repr(values), remedy)
    return found.astype(np.float64)


def _joined(pools: tuple[Pool, ...]) -> tuple[Pool, ...]:
    """Return pools with all those of independent deals made into one."""
    alone = [part for part in pools if not part.mixed]
    if not alone:
        return pools
    columns = ("amount", "probability", "spread")
    amount, chance, spread = (np.concatenate([getattr(part, name) for part in alone]) for name in columns)
    rest = tuple(part for part in pools if part.mixed)
    return (kernel_pools.pool(amount, chance, spread=spread), *rest)


def _distribution(
    period: str,
    won: tuple[int, float],
    pools: tuple[Pool, ...],
    draw_names: frozenset[str],
    left_out: pd.DataFrame,
    parts: Mapping[tuple[Any, ...], RevenueDistribution] | None = None,
    summary: pd.DataFrame | None = None,
    *,
    latent: float,
) -> RevenueDistribution:
    found = money_sum(pools)
    own = float(sum(kernel_pools.own_variance(part).sum() for part in pools))
    shared = float(sum(kernel_pools.shared_variance(part) for part in pools))
    result = RevenueDistribution(
        period=period,
        n_won=won[0],
        won=won[1],
        n_open=sum(part.amount.size for part in pools),
        open=float(sum(part.amount.sum() for part in pools)),
        mean=won[1] + kernel_pools.mean(pools),
        sd=float(np.sqrt(max(own + shared, 0.0))),
        event_correlation=_event_correlation(pools, shared),
        summary=pd.DataFrame() if summary is None else summary,
        left_out=left_out,
        parts={} if parts is None else parts,
        pools=pools,
        draw_names=draw_names,
        latent=latent,
        found=MoneySum(found.law.shifted(won[1]), found.method, found.error, found.error_kind),
    )
    if summary is not None:
        return result
    labels = pd.DataFrame({"period": pd.array([period], dtype="str")})
    return replace(result, summary=_summary(labels, [result]))


def _event_correlation(pools: tuple[Pool, ...], shared: float) -> float:
    """Return the mean correlation of two deals' outcomes, with the money at stake as weight."""
    stakes = [part.amount**2 * part.probability * (1 - part.probability) for part in pools]
    pairs = sum(float(np.sqrt(stake).sum()) for stake in stakes) ** 2 - sum(float(stake.sum()) for stake in stakes)
    n_deals = sum(int((stake > 0).sum()) for stake in stakes)
    return shared / pairs if n_deals > 1 else float("nan")


def _summary(labels: pd.DataFrame, parts: Iterable[RevenueDistribution]) -> pd.DataFrame:
    """Return one row for each part, its labels first."""
    rows = [_summary_row(part) for part in parts]
    typed = {
        name: pd.array([row[place] for row in rows], dtype=kind)
        for place, (name, kind) in enumerate(SUMMARY_TYPES.items())
    }
    return pd.DataFrame(dict(labels.items()) | typed)


def _summary_row(part: RevenueDistribution) -> tuple[Any, ...]:
    low, middle, high = part.quantile(SHOWN)
    counts = (part.n_won, part.won, part.n_open, part.open, part.mean - part.won)
    dispersion = (part.mean, part.sd, low, middle, high, part.correlation, part.event_correlation)
    return (*counts, *dispersion, part.method, part.error_bound, part.error_kind)


def revenue_distribution(
    opportunities: Any,
    *,
    correlation: float,
    as_of: AsOf,
    period: str | Sequence[str] | None = None,
    by: str | Sequence[str] = (),
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
) -> RevenueDistribution:
    """Return the distribution of a period's revenue: won so far plus the open deals, each won or not.

    ``revenue = won + Σ amount × win`` over the open deals expected to close in the period, ``P(win) = probability``.
    With correlation ρ > 0 deal i is won where ``√ρ Z + √(1 − ρ) εᵢ ≤ Φ⁻¹(pᵢ)``, Z shared by all deals (one-factor
    Gaussian copula).

    Parameters
    ----------
    opportunities : frame
        One row per opportunity, as for :func:`custvalue.expected_revenue`, standing as on ``as_of``.
    correlation : float
        Latent correlation of any two deals, 0 to below 1. There is no default: 0 is the claim that deals are
        independent, and is labelled so.
    as_of : date
        The day on which the question is asked.
    period : str or sequence of str, optional
        Label of the period, by default the one that contains ``as_of``; several are added up.
    by : str or sequence of str
        Columns to group by: the parts of the result.
    ladder : Ladder
        The chance of winning by stage.
    probability : str, optional
        A column of probabilities (0–1) to use instead of the ladder.
    amount_spread : str, float or mapping, optional
        Uncertain amounts: the log-normal standard deviation (0–3) of the amount if won around the mean ``amount``; a
        column, one number for all, or a mapping from stage to number (stages not named are certain).
    probability_strength : float or mapping, optional
        Uncertain probabilities: how many past deals the probability is worth, for all stages or by stage. One Beta draw
        (mean p, parameters ``p k`` and ``(1 − p) k``) for each stage, shared by its deals; deals of one stage with
        different p share the draw's rank. 0 means certain.
    freq : str
        pandas quarter or month frequency.
    amount, stage, outcome, created, expected_close, closed : str
        Column names.

    Returns
    -------
    RevenueDistribution
        ``.mean``, ``.sd``, ``.quantile(q)``, ``.interval(level)``, ``.at_least(target)``, ``.cdf(x)``, ``.to_frame()``,
        ``.method``, ``.error_bound``, ``.error_kind``, ``.basis``, ``.parts``. ``.summary``: one row for each period
        and group (one for all without), sorted so: ``period``, the ``by`` columns, ``n_won``, ``won``, ``n_open``,
        ``open``, ``expected_open``, ``mean``, ``sd``, ``p10``, ``p50``, ``p90``, ``correlation`` (latent),
        ``event_correlation``, ``method``, ``error_bound``, ``error_kind``. ``.left_out``: one row for each ``reason``
        (unpriced, unscheduled, overdue, other_period; a deal counts under the first that holds): ``n_open``, ``open``,
        ``expected_open``, ``n_won``, ``won``; the money of unpriced deals is missing.

    Raises
    ------
    ValueError
        As for :func:`custvalue.expected_revenue`.
        If ``correlation`` lies outside 0 to below 1, or ``period`` is no label of the calendar.
        If an amount is so large (above 10¹⁰⁰) that sums of squares leave the range of a float.
        If the frame holds events after ``as_of``: it then does not say where the deals stood on that day.
        If a spread or strength is negative or names no stage of the ladder.

    Notes
    -----
    The method is chosen by size. Up to 20 independent deals: every outcome (exact). Amounts in whole units, their sum
    at most a million units: integer convolution (exact). Many deals: the characteristic function, of a few thousand
    representatives of the deals, inverted by FFT. A few dozen deals: an FFT on a lattice, each amount split over two
    points so that its mean stays; a target counts as reached within two steps of it. Up to three deals that outweigh
    all others together are taken outcome by outcome. Errors of the last two are estimated by comparison with a finer
    computation. With a common factor and more than 129 different probabilities the standard deviation is exact to 1e-4.

    The expected close is taken at its word, and the ladder is the chance of *ever* winning: where deals slip, the
    period is flattered. Independent deals give intervals that are much too narrow for most sales teams: learn the
    correlation from past forecast errors. Deals not yet created are not in it.

    References
    ----------
    提升客户价值, deal heat 成交热度. Vasicek, O. (2002), The distribution of loan portfolio value, Risk 15 (12).

    Examples
    --------
    >>> import pandas as pd
    >>> import custvalue as cv
    >>> deals = pd.DataFrame({
    ...     "amount": [100.0, 200.0, 50.0],
    ...     "stage": ["agreement", "quotation", "trial"],
    ...     "outcome": ["won", None, None],
    ...     "expected_close": pd.to_datetime(["2026-08-01", "2026-09-30", "2026-09-30"]),
    ...     "closed": pd.to_datetime(["2026-08-03", None, None]),
    ... })
    >>> revenue = revenue_distribution(deals, correlation=0, as_of="2026-09-15")
    >>> round(revenue.mean, 6), round(revenue.at_least(300), 6), revenue.basis
    (220.0, 0.4, 'independent deals')
    """
    check_column_name("probability", probability)
    rules = DealRules(
        ladder=ladder,
        correlation=correlation,
        probability=probability,
        amount_spread=amount_spread,
        probability_strength=probability_strength,
        period=period_labels_of(period, check_freq(freq)),
        freq=freq,
        by=column_list("by", by),
        amount=amount,
        stage=stage,
        outcome=outcome,
        created=created,
        expected_close=expected_close,
        closed=closed,
    )
    deals = revenue_deals(opportunities, "revenue_distribution", as_of, rules, ("period", *SUMMARY))
    return distribution_of(deals)


def distribution_of(deals: RevenueDeals, *, groups: bool = True) -> RevenueDistribution:
    """Return the distribution of checked deals, whole and, unless not wanted, by period and group."""
    everything = np.ones(len(deals.frame), dtype=bool)
    if not groups or (not deals.groups and len(deals.periods) == 1):
        return _part(deals, everything, ", ".join(deals.periods))
    counted = np.flatnonzero(deals.won | deals.open)
    keys = deals.frame[deals.groups].iloc[counted].reset_index(drop=True)
    labels = ordered_classes(deals.period_code[counted], deals.periods)
    keys.insert(0, "period", pd.Series(labels))
    grouped = keys.groupby(["period", *deals.groups], observed=True, dropna=False, sort=True)
    number = grouped.ngroup().to_numpy()
    names = keys.iloc[np.unique(number, return_index=True)[1]].astype({"period": "str"}).reset_index(drop=True)
    parts = {}
    for place, key in enumerate(names.itertuples(index=False, name=None)):
        rows = np.zeros(len(deals.frame), dtype=bool)
        rows[counted[number == place]] = True
        parts[key] = _part(deals, rows, key[0])
    summary = _summary(names, parts.values())
    return _part(deals, everything, ", ".join(deals.periods), parts, summary)


def _part(
    deals: RevenueDeals,
    rows: np.ndarray,
    period: str,
    parts: Mapping[tuple[Any, ...], RevenueDistribution] | None = None,
    summary: pd.DataFrame | None = None,
) -> RevenueDistribution:
    mine = deals.pool(rows)
    won = deals.won & rows
    drawn = np.unique(mine.draw) if deals.draw_names else ()
    names = frozenset(deals.draw_names[code] for code in drawn if code >= 0)
    counts = int(won.sum()), float(deals.amounts[won].sum())
    return _distribution(
        period,
        counts,
        (mine,) if mine.amount.size else (),
        names,
        deals.left_out,
        parts,
        summary,
        latent=deals.correlation if mine.amount.size else 0.0,
    )
