"""What our columns, outcomes and stages are called elsewhere: in exports, in English, in Chinese."""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache

from custvalue.frames.deals import OUTCOMES
from custvalue.frames.exports import find_column
from custvalue.frames.mapping import TableMapping
from custvalue.frames.presets import PRESETS, load_preset, preset_names
from custvalue.rules import playbook
from custvalue.rules.errors import InputError

# What a name says for a column, strongest first. A hint alone decides nothing.
SAME, ALIKE, KNOWN, HINT = 4, 3, 2, 1
NEARLY = 0.85  # how alike two names are that may be a slip of the pen
BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")


@cache
def words() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the synonyms of our columns and of the outcomes."""
    content = tomllib.loads((PRESETS / "_synonyms.toml").read_text(encoding="utf-8"))
    return {part: {ours: tuple(names) for ours, names in words.items()} for part, words in content.items()}


def table_of(preset: str) -> TableMapping:
    """Return how a preset reads opportunities."""
    return load_preset(preset).tables["opportunities"]


def key_of(name: str) -> str:
    """Return a name without case, blanks and signs, so that ``Close_Date`` and ``close date`` are the same."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def outcome_of(label: str) -> str | None:
    """Return won, lost or open for a label that is known to mean it."""
    return next((name for name, words in words()["outcomes"].items() if key_of(label) in map(key_of, words)), None)


@cache
def synonyms_of(ours: str) -> dict[str, str]:
    """Return what a column is called, by key: its own name and its synonyms."""
    return {key_of(name): name for name in (ours, *words()["columns"].get(ours, ()))}


def by_name(ours: str, theirs: str, vendors: Mapping[str, str]) -> tuple[int, str]:
    """Return how strongly a name speaks for a column, and why; 0 if it does not."""
    key = key_of(theirs)
    if theirs == ours:
        return SAME, "same name"
    if key == key_of(ours):
        return ALIKE, "same name but for case, blanks or signs"
    if key in synonyms_of(ours):
        return KNOWN, f"known synonym ({synonyms_of(ours)[key]})"
    if theirs in vendors:
        return KNOWN, f"name in exports of {vendors[theirs]}"
    return 0, ""


def nearly_by_name(ours: str, theirs: str) -> tuple[int, str]:
    """Return what a name hints at: a synonym followed by something in brackets, or a slip of the pen."""
    synonyms = synonyms_of(ours)
    bare = key_of(BRACKETS.sub("", theirs))
    if bare != key_of(theirs) and bare in synonyms:
        return HINT, f"like {synonyms[bare]!r} but for what stands in brackets: check the unit"
    close = difflib.get_close_matches(key_of(theirs), synonyms, n=1, cutoff=NEARLY)
    return (HINT, f"nearly {synonyms[close[0]]!r}") if close else (0, "")


def column_named(preset: str, ours: str, headers: Sequence[str]) -> str | None:
    """Return the file's column that a preset reads as ours, if exactly one is called so."""
    try:
        return find_column(table_of(preset).names.get(ours, ()), headers)
    except InputError:
        return None


def vendor_names(ours: str, headers: Sequence[str]) -> dict[str, str]:
    """Return the file's columns that some preset would read as ours, with the product."""
    names: dict[str, str] = {}
    for name in preset_names():
        theirs = column_named(name, ours, headers)
        if theirs is not None:
            names.setdefault(theirs, load_preset(name).source["product"])
    return names


@cache
def known_steps() -> dict[str, tuple[str, float, str]]:
    """Return every stage known: its name, probability, and whose it is."""
    merges: dict[str, list[str]] = {}
    ladders = [("the lecture's deal heat", playbook.DEAL_HEAT, merges)]
    for name in preset_names():
        preset = load_preset(name)
        if preset.ladder:
            ladders.append((preset.source["product"], preset.ladder, table_of(name).merge.get("stage", {})))
    found: dict[str, tuple[str, float, str]] = {}
    for whose, ladder, merged in ladders:
        for stage in ladder.stages:
            for spelling in (stage.name, stage.label.en, stage.label.zh, *merged.get(stage.name, ())):
                found.setdefault(key_of(spelling), (spelling, stage.probability, whose))
    return found


def meaning_of(label: str, preset: TableMapping | None, chosen: str | None) -> tuple[str, str]:
    """Return whether a stage means won, lost or a step, and the nearest name known."""
    if preset and chosen:
        for outcome, conditions in preset.outcome.items():
            if any(label.lower() in map(str.lower, condition.get("stage", ())) for condition in conditions):
                return outcome, f"{chosen}: {outcome}"
        ladder = load_preset(chosen).ladder
        merged = [name for names in preset.merge.get("stage", {}).values() for name in names]
        if ladder and label in (*ladder.names, *merged):
            return "step", f"{chosen}: its step"
    elif (word := outcome_of(label)) in OUTCOMES:
        return str(word), f"a word for {word}"
    close = difflib.get_close_matches(key_of(label), known_steps(), n=1)
    if not close:
        return "unknown", ""
    name, probability, whose = known_steps()[close[0]]
    known = close[0] == key_of(label) and not chosen
    return ("step" if known else "unknown"), f"{name!r}, {probability:.0%}, {whose}"
