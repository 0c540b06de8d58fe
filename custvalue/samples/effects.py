"""What is planted in a simulated company: one size per effect, zero for absent."""

from dataclasses import dataclass, fields

import numpy as np

from custvalue.rules.errors import raise_all, refusal_text

# Up to here the frames show what was planted (within 2 % for the ratios of times), and no figure leaves the plausible
# in 8 to 40 quarters.
HIGHEST = {
    # All of the ladder's error.
    "stage_gap": 1.0,
    # Times to close are cut at 10 and 365 days; the ratio of the medians reaches the cuts at about 20.
    "slow_wins": 10.0,
    # A usual quarter then takes a chance of 28 % to 13 % or to 51 %.
    "quarter_shock": 1.0,
    # Forecasts 2.7 times too high, or too low.
    "rep_bias": 1.0,
    # Twice as long as expected; beyond, expectations crowd at the shortest time a deal can take.
    "slippage": 1.0,
    # Total revenue grows about fourfold in ten years; at 0.08 it would grow twentyfold.
    "drift": 0.05,
    # From 1 on, potentials have no mean.
    "tail": 0.9,
    # About a third of the accounts leave within eight quarters.
    "wall_effect": 1.0,
    # Of the prospects, 3 % are won at no point and 93 % at two.
    "criterion_effect": 3.0,
}


def is_real(value: object) -> bool:
    """Say whether a value is a number, of Python or numpy; yes and no are none.

    >>> is_real(0.4), is_real(np.float32(0.4)), is_real("0.4"), is_real(True)
    (True, True, False, False)
    """
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def shown(value: object) -> str:
    """Return a value as a refusal shows it: text in quotes, so that "30" is not taken for 30."""
    return str(value) if is_real(value) else repr(value)


@dataclass(frozen=True, slots=True)
class Effects:
    """The size of every effect that :func:`simulate_company` plants; an effect of size zero is absent.

    Every effect has a highest size, in ``custvalue.samples.effects.HIGHEST``; up to it the frames show the truth.

    Parameters
    ----------
    stage_gap : float
        How far the true chance of ever winning lies from the ladder, from 0 (the ladder is right) to 1 (it is wrong by
        the whole of ``custvalue.samples.deals.GAP_AT_ONE``, stage by stage).
    slow_wins : float
        The median time from creation to close of won deals is ``1 + slow_wins`` times that of lost ones. At most 10.
    quarter_shock : float
        Standard deviation, in log-odds, of what each quarter adds to the chance of winning of all deals closed in it.
        At most 1.
    rep_bias : float
        Logarithm of the factor by which happy-ears reps multiply, and sandbaggers divide, the open part of their
        forecasts. The odds of the probabilities they enter move by the same factor. At most 1.
    slippage : float
        Deals take on average ``1 + slippage`` times as long as the first expected close says. At most 1.
    drift : float
        Standard deviation across accounts of the steady quarterly trend of log potential. The winnable share (log-odds)
        and loyalty drift with it, each by a multiple named in ``custvalue.samples.market``. At most 0.05.
    tail : float
        Shape ξ of the generalised Pareto distribution of potentials; the tail index is 1/ξ. Zero is exponential.
        At most 0.9.
    wall_effect : float
        Log-odds of leaving in the next quarter that each missing point of the wall (on 20) adds. At most 1.
    criterion_effect : float
        Log-odds of winning a prospect that each point of the one criterion that matters adds. At most 3.

    Raises
    ------
    ValueError
        If a size is no number, negative, or above its highest; all wrong sizes at once.

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
        failures = [
            refusal_text(
                f"{name} must be a number from 0 to {HIGHEST[name]:g}",
                shown(size),
                "Give a size within these limits; 0 leaves the effect out.",
            )
            for name, size in self.sizes().items()
            # A size that is not a number (NaN) lies between no limits.
            if not (is_real(size) and 0 <= size <= HIGHEST[name])
        ]
        raise_all("Effects", failures)

    @classmethod
    def none(cls) -> "Effects":
        """Return effects that are all absent."""
        return cls(**{field.name: 0.0 for field in fields(cls)})

    def sizes(self) -> dict[str, float]:
        """Return the sizes by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
