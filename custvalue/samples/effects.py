"""What is planted in a simulated company: one size per effect, zero for absent."""

import math
from dataclasses import dataclass, fields

from custvalue.rules.errors import raise_all, refusal_text

# Sizes at which an effect still makes sense; most have no upper limit.
HIGHEST = {"stage_gap": 1.0, "tail": 0.9}


@dataclass(frozen=True, slots=True)
class Effects:
    """The size of every effect that :func:`simulate_company` plants; an effect of size zero is absent.

    Parameters
    ----------
    stage_gap : float
        How far the true chance of ever winning lies from the ladder, from 0 (the ladder is right) to 1 (it is wrong by
        the whole of ``custvalue.samples.deals.GAP_AT_ONE``, stage by stage).
    slow_wins : float
        The median time from creation to close of won deals is ``1 + slow_wins`` times that of lost ones.
    quarter_shock : float
        Standard deviation, in log-odds, of what each quarter adds to the chance of winning of all deals closed in it.
    rep_bias : float
        Logarithm of the factor by which happy-ears reps multiply, and sandbaggers divide, the open part of their
        forecasts. The odds of the probabilities they enter move by the same factor.
    slippage : float
        Deals take on average ``1 + slippage`` times as long as the first expected close says.
    drift : float
        Standard deviation across accounts of the steady quarterly trend of log potential. The winnable share (log-odds)
        and loyalty drift with it, each by a multiple named in ``custvalue.samples.market``.
    tail : float
        Shape ξ of the generalised Pareto distribution of potentials; the tail index is 1/ξ. Zero is exponential.
    wall_effect : float
        Log-odds of leaving in the next quarter that each missing point of the wall (on 20) adds.
    criterion_effect : float
        Log-odds of winning a prospect that each point of the one criterion that matters adds.

    Raises
    ------
    ValueError
        If a size is negative or not finite, ``stage_gap`` exceeds 1 or ``tail`` 0.9.

    Examples
    --------
    >>> Effects(drift=0).drift, Effects.none().slippage
    (0, 0.0)
    """

    stage_gap: float = 1.0
    slow_wins: float = 0.5
    quarter_shock: float = 0.35
    rep_bias: float = 0.4
    slippage: float = 0.3
    drift: float = 0.04
    tail: float = 0.4
    wall_effect: float = 0.3
    criterion_effect: float = 1.0

    def __post_init__(self) -> None:
        failures = []
        for name, size in self.sizes().items():
            highest = HIGHEST.get(name, math.inf)
            if not (math.isfinite(size) and 0 <= size <= highest):
                limits = "0 or more" if math.isinf(highest) else f"from 0 to {highest:g}"
                failures.append(refusal_text(f"{name} must be {limits}", size, "Give 0 to leave the effect out."))
        raise_all("Effects", failures)

    @classmethod
    def none(cls) -> "Effects":
        """Return effects that are all absent."""
        return cls(**{field.name: 0.0 for field in fields(cls)})

    def sizes(self) -> dict[str, float]:
        """Return the sizes by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
