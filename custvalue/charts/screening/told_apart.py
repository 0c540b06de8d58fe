"""Names along an axis that can be told apart where they are cut."""

from collections import Counter
from collections.abc import Sequence

from custvalue.charts.wording import NAME_WIDTH, shortened, text_width

# How much of the width the beginning of a name keeps where its end, or what sets it apart, is shown too.
HALF = 0.5


def told_apart(names: Sequence[str], width: int = NAME_WIDTH) -> list[str]:
    """Return names no wider than ``width``: cut at the end, or where that makes different ones alike, in the middle.

    >>> told_apart(["Shanghai Giant Plastics, branch 1", "Shanghai Giant Plastics, branch 2", "Wang"])
    ['Shanghai Gi…cs, branch 1', 'Shanghai Gi…cs, branch 2', 'Wang']
    """
    cut = [shortened(name, width) for name in names]
    groups: dict[str, list[str]] = {}
    for name, text in zip(dict.fromkeys(names), [shortened(name, width) for name in dict.fromkeys(names)], strict=True):
        groups.setdefault(text, []).append(name)
    shown = {text: same for text, same in groups.items() if len(same) > 1}
    apart = {name: text for same in shown.values() for name, text in zip(same, _apart(same, width), strict=True)}
    return [apart.get(name, text) for name, text in zip(names, cut, strict=True)]


def _apart(names: list[str], width: int) -> list[str]:
    """Return different names that begin alike with their ends, or with what follows where they first differ."""
    columns = enumerate(zip(*names, strict=False))
    first = next((place for place, chars in columns if len(set(chars)) > 1), 0)
    head = int(width * HALF)
    by_end = [_start(name, head) + _end(name, width - head) for name in names]
    by_difference = [_start(name, head) + shortened(name[first:], width - head) for name in names]
    ways = (by_end, by_difference)
    return max(ways, key=lambda texts: len(Counter(texts)))


def _start(name: str, width: int) -> str:
    return shortened(name, width)


def _end(name: str, width: int) -> str:
    """Return the last part of a name, no wider than ``width``."""
    while text_width(name) > width:
        name = name[1:]
    return name.lstrip()
