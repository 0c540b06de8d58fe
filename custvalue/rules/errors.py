"""How every refusal in the library is worded: rule, value, place, remedy."""

import math
from collections.abc import Iterable
from numbers import Real


class InputError(ValueError):
    """Input that breaks a stated rule; any other ``ValueError`` is a fault of the library's own."""


def is_number(value: object) -> bool:
    """Say whether a value is a finite number; yes and no are none.

    >>> is_number(0.4), is_number("40%"), is_number(float("nan")), is_number(True)
    (True, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False


def refusal(rule: str, value: object, remedy: str, where: str = "") -> InputError:
    """Return the error that says which rule was broken, by what value, where, and what to do.

    >>> print(refusal("weights must not be negative", -1, "Give a weight of 0 or more.", "criterion 'need'"))
    weights must not be negative: got -1 (criterion 'need'). Give a weight of 0 or more.
    """
    return InputError(refusal_text(rule, value, remedy, where))


def refusal_text(rule: str, value: object, remedy: str, where: str = "") -> str:
    """Return the text of a refusal, for callers that gather several before raising."""
    place = f" ({where})" if where else ""
    return f"{rule}: got {value}{place}. {remedy}"


def raise_all(caller: str, failures: Iterable[str]) -> None:
    """Raise one refusal that lists every failure, or do nothing if there is none."""
    found = list(failures)
    if not found:
        return
    if len(found) == 1:
        raise InputError(f"{caller}: {found[0]}")
    lines = "\n".join(f"  {number}. {text}" for number, text in enumerate(found, start=1))
    raise InputError(f"{caller}: {len(found)} problems\n{lines}")
