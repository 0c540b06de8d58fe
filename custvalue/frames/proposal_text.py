"""A proposal as a mapping file to edit: reasons as comments, what is undecided commented out."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from custvalue.frames.claims import CLOSED, Found
from custvalue.frames.deals import OUTCOMES
from custvalue.frames.exports import Condition, may_be_fractions
from custvalue.frames.known_names import (
    key_of,
    known_steps,
    outcome_of,
)
from custvalue.frames.mapping import TableMapping
from custvalue.frames.presets import load_preset
from custvalue.rules import playbook

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def proposal_text(
    file: str, kind: str, found: Found, table: pd.DataFrame, chosen: str | None, preset: TableMapping | None
) -> str:
    """Return the proposal as a mapping file, section by section."""
    head = [
        f'# Proposed for {_quoted(file)}, read as {kind}. Left of "=" is ours, right is theirs. Check every line.',
        '# What could not be decided is commented out: take away the "# " before the line that is right.',
    ]
    if chosen:
        reads = (
            "does not know every stage of it" if (found.stages["meaning"] == "unknown").any() else "reads it as it is"
        )
        head.append(f"# The columns are those of the preset {chosen}, which {reads}.")
    sections = [head]
    if kind == "opportunities" and len(found.stages):
        sections.append(_ladder_lines(found.stages, chosen))
    main = [f"[{kind}]", f"file = {_quoted(file)}"]
    percent = preset.percent if preset else _percents(found)
    unsure = {name: may_be_fractions(found.raw[preset.columns[name]]) for name in percent} if preset else {}
    if any(unsure.values()):
        doubt = "; ".join(f"{name}: {why}" for name, why in unsure.items() if why)
        main.append(f"# percent = {_listed(percent)}  # for percents; as it stands these are fractions: {doubt}")
    elif percent:
        main.append(f"percent = {_listed(percent)}  # written there as 75, or 75 %, not as 0.75")
    sections += [main, [f"[{kind}.columns]", *_column_lines(found, table)]]
    if preset:
        sections += _preset_lines(kind, preset)
    elif found.outcome_names:
        names = [f"{outcome} = {_listed(names)}" for outcome, names in found.outcome_names.items()]
        sections.append([f"[{kind}.outcome]", *names])
    elif kind == "opportunities" and "outcome" in found.decided:
        sections.append(_merge_lines(f"{kind}.merge.outcome", _outcome_spellings(found)))
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _column_lines(found: Found, table: pd.DataFrame) -> list[str]:
    lines = []
    for ours, theirs, reason, certainty in table.itertuples(index=False):
        column = found.columns.get(ours)
        why = f"{column.meaning}: {reason}" if column else reason
        if ours == "outcome" and certainty == "likely" and (not theirs or found.outcome_names):
            lines.append(f"# {why}; see [opportunities.outcome]")
            continue
        mark = "" if certainty in ("likely", "certain") else "# "
        lines.append(f"{mark}{_as_key(ours)} = {_quoted(theirs)}  # {why}")
    return lines


def _percents(found: Found) -> tuple[str, ...]:
    """Return the probability column's name if it is written in percent."""
    claim = found.decided.get("probability")
    if claim is None:
        return ()
    cells = found.raw[claim.theirs].astype("str").str.strip()
    numbers = pd.to_numeric(cells.str.removesuffix("%"), errors="coerce")
    return ("probability",) if cells.str.endswith("%").any() or (numbers > 1).any() else ()


def _outcome_spellings(found: Found) -> dict[str, list[str]]:
    """Return the spellings of won, lost and open (for us empty) in the column that tells the outcome."""
    spellings: dict[str, list[str]] = {"won": [], "lost": [], "": []}
    for label in found.content[found.decided["outcome"].theirs].labels:
        outcome = outcome_of(label)
        ours = outcome if outcome in OUTCOMES else ""
        if label != ours:
            spellings[str(ours)].append(label)
    return spellings


def _merge_lines(name: str, merges: Mapping[str, Sequence[str]]) -> list[str]:
    lines = [f"{_as_key(ours)} = {_listed(others)}" for ours, others in merges.items() if others]
    return [f"[{name}]", *lines] if lines else []


def _preset_lines(kind: str, preset: TableMapping) -> list[list[str]]:
    """Return what a preset says besides its columns."""
    sections = [_merge_lines(f"{kind}.fill", preset.fill)]
    sections += [_merge_lines(f"{kind}.merge.{column}", merges) for column, merges in preset.merge.items()]
    outcome = [
        f"{outcome} = [{', '.join(map(_condition_text, conditions))}]" for outcome, conditions in preset.outcome.items()
    ]
    return [*sections, [f"[{kind}.outcome]", *outcome] if outcome else []]


def _condition_text(condition: Condition) -> str:
    if set(condition) == {"stage"}:
        return ", ".join(map(_quoted, condition["stage"]))
    return "{ " + ", ".join(f"{_as_key(ours)} = {_listed(values)}" for ours, values in condition.items()) + " }"


def _ladder_lines(stages: pd.DataFrame, chosen: str | None) -> list[str]:
    """Return the ladder: the preset's, where there is one, with what it lacks commented out; else a draft."""
    steps = stages.loc[~stages["meaning"].isin((*OUTCOMES, CLOSED))]
    ladder = load_preset(chosen).ladder if chosen else None
    if ladder:
        lines = [
            f"  {{ name = {_quoted(step.name)}, zh = {_quoted(step.label.zh)}, probability = {step.probability:g} }},"
            for step in ladder.stages
        ]
        lacking = _drafted(steps.loc[steps["meaning"] != "step"], "  # ")
        say = (
            ["  # Not known to the preset: put each where it belongs, or under [opportunities.outcome]."]
            if lacking
            else []
        )
        return ["[ladder]", f"source = {_quoted(ladder.source)}", "stages = [", *lines, *say, *lacking, "]"]
    if len(steps) == 0 or set(steps["stage"]) <= set(playbook.DEAL_HEAT.names):
        return []
    return [
        "# The steps of your sale, in selling order, each likelier to be won than the one before:",
        "# [ladder]",
        '# source = "say where the probabilities come from"',
        "# stages = [",
        *_drafted(steps, "#   "),
        "# ]",
    ]


def _drafted(steps: pd.DataFrame, mark: str) -> list[str]:
    """Return a line for each step, commented out, those of known probability first."""
    drafted = []
    for name, rows, _, nearest in steps.itertuples(index=False):
        known = known_steps().get(key_of(name))
        chance = known[1] if known else 0.0
        step = f"{mark}{{ name = {_quoted(name)}, probability = {chance:g} }},"
        count = f"{rows:,} row{'' if rows == 1 else 's'}"
        drafted.append((chance if known else 1.0, f"{step}  # {count}; nearest known: {nearest or 'none'}"))
    return [text for _, text in sorted(drafted, key=lambda step: step[0])]


def _quoted(text: str) -> str:
    """Return a text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _as_key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else _quoted(name)
