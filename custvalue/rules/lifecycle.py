"""The customer lifecycle: when an account is a prospect, new, existing, returned or lapsed."""

from dataclasses import dataclass

from custvalue.rules.errors import refusal
from custvalue.rules.labels import LECTURE, LIBRARY_DEFAULT, Label, Lang

PROSPECT, NEW, UNCERTAIN, EXISTING, RETURNED, LAPSED = range(6)
STATES = ("prospect", "new", "new_or_existing", "existing", "returned", "lapsed")
STATE_LABELS = (
    Label("prospect", "潜在客户"),
    Label("new customer", "新客户"),
    Label("new or existing", "新客户或老客户"),
    Label("existing customer", "老客户"),
    Label("returned", "回归客户"),
    Label("lapsed", "流失客户"),
)


@dataclass(frozen=True, slots=True)
class LifecycleRules:
    """How long an account counts as new, after how long a silence it has lapsed, how long it counts as returned.

    Parameters
    ----------
    new_months : int
        Months from the first purchase during which an account is new; the anniversary itself is existing.
    lapsed_quarters : int
        Whole quarters of the calendar without a purchase after which an account has lapsed.
    returned_months : int
        Months from the first purchase after a lapse during which an account is returned; then it is existing.
    source, note : str
        Where the rules come from, and what a reader should know about them.

    Raises
    ------
    ValueError
        If a duration is not a whole number of 1 or more.

    Examples
    --------
    >>> LifecycleRules(new_months=6).new_months, LIFECYCLE.label("new", "zh")
    (6, '新客户')
    """

    new_months: int = 12
    lapsed_quarters: int = 4
    returned_months: int = 12
    source: str = LIBRARY_DEFAULT
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("new_months", "lapsed_quarters", "returned_months"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise refusal(f"{name} must be a whole number of 1 or more", repr(value), "The defaults are 12, 4, 12.")

    @property
    def states(self) -> tuple[str, ...]:
        """All states, in the order of a customer's life."""
        return STATES

    def label(self, state: str, lang: Lang = "en") -> str:
        """Return what a state is called."""
        return STATE_LABELS[STATES.index(state)].text(lang)


LIFECYCLE = LifecycleRules(
    source=f"{LECTURE}; {LIBRARY_DEFAULT}",
    note="The path 潜在客户 → 新客户 → 老客户 is the lecture's; the durations are the library's.",
)
