"""Which column of a file may be which of ours: claims by name and content, and how they are settled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from custvalue.frames.blanks import blanks_to_missing
from custvalue.frames.contracts import Column
from custvalue.frames.deals import OUTCOMES
from custvalue.frames.exports import CLOSE_PAIR, told_outcomes
from custvalue.frames.known_names import (
    ALIKE,
    HINT,
    KNOWN,
    SAME,
    by_name,
    meaning_of,
    nearly_by_name,
    outcome_of,
    vendor_names,
)
from custvalue.frames.mapping import TableMapping
from custvalue.frames.presets import load_preset
from custvalue.rules.errors import InputError

PRESET = 5  # stronger than any name: the whole export speaks for it
ROWS_LOOKED_AT = 10_000  # enough to tell dates from amounts
MOSTLY = 0.5  # a preset must know this share of its columns; so many cells must be what their column is
VALUES_NAMED = 3
MOST_STAGES = 30  # a column with more labels is no list of stages
CLOSED = "closed"  # what a stage means on which won and lost deals stand, and no open one
CERTAINTIES = ("none", "undecided", "likely", "certain")
NUMBER = r"[-−+(]?\s*[¥￥$€£]?\s*[-−]?\d[\d.,'’\s]*\)?\s*[%％]?\s*[万亿千kKmMbB]?元?(\s*[A-Z]{3})?"
DATE = (
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([ T].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([ T].*)?"
    r"|\d{1,2}[- ][A-Za-z]{3,9}[- ,]+\d{2,4}|(19|20)\d{6}"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A column of the file that may be one of ours, how strongly that is meant, and why."""

    ours: str
    theirs: str
    strength: int
    reason: str
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What the cells of a column look like: shares of numbers and dates, the labels met, whether all differ."""

    filled: int
    numbers: float
    dates: float
    labels: tuple[str, ...]
    unique: bool


def content_of(column: "pd.Series[Any]") -> Content:
    """Look at the first cells of a column."""
    present = blanks_to_missing(column.head(ROWS_LOOKED_AT))[0].dropna()
    texts = present.astype("str")
    typed_number = pd.api.types.is_numeric_dtype(present) and not pd.api.types.is_bool_dtype(present)
    typed_date = pd.api.types.is_datetime64_any_dtype(present)
    numbers = float(typed_number) if typed_number or typed_date else float(texts.str.fullmatch(NUMBER).mean())
    dates = float(typed_date) if typed_number or typed_date else float(texts.str.fullmatch(DATE).mean())
    return Content(len(present), numbers, dates, tuple(texts.unique()), bool(len(column)) and column.is_unique)


def _against(column: Column, content: Content) -> str:
    """Return what a column's cells say against it, or nothing."""
    if not content.filled:
        return ""
    if column.choices:
        known = {*column.choices, *(spelling for spelling, _ in column.aliases)}
        read = [label for label in content.labels if label not in known and not _is_outcome(column, label)]
        return f"but holds {', '.join(map(repr, read[:VALUES_NAMED]))}" if read else ""
    share = {"number": content.numbers, "date": content.dates}.get(column.type, 1.0)
    return f"but only {share:.0%} of its cells are {column.type}s" if share < MOSTLY else ""


def _is_outcome(column: Column, label: str) -> bool:
    return column.name == "outcome" and outcome_of(label) is not None


def claims_of(
    columns: Mapping[str, Column],
    headers: Sequence[str],
    content: Mapping[str, Content],
    preset: TableMapping | None,
    chosen: str | None,
) -> list[Claim]:
    """Return every claim a file's columns have on ours, by name and as far as their content bears it out."""
    claims = []
    for ours, column in columns.items():
        if preset and ours == "outcome" and preset.outcome:
            continue
        if preset and chosen and ours in preset.columns:
            reason = f"its name in exports of {load_preset(chosen).source['product']}"
            claims.append(Claim(ours, preset.columns[ours], PRESET, reason))
            continue
        vendors = vendor_names(ours, headers)
        for theirs in headers:
            strength, reason = by_name(ours, theirs, vendors)
            if not strength:
                strength, reason = nearly_by_name(ours, theirs)
            against = _against(column, content[theirs]) if strength else ""
            if strength:
                reason = f"{reason}, {against}" if against else reason
                claims.append(Claim(ours, theirs, HINT if against else strength, reason, not content[theirs].filled))
    strong = {claim.theirs for claim in claims if claim.strength > HINT}
    return [claim for claim in claims if claim.strength > HINT or claim.theirs not in strong]


class Found:
    """What has been settled so far: one claim for each column of ours that is decided, all claims for the others."""

    def __init__(self, raw: pd.DataFrame, columns: Mapping[str, Column], content: Mapping[str, Content]) -> None:
        self.raw = raw
        self.columns = columns
        self.content = content
        self.decided: dict[str, Claim] = {}
        self.rivals: dict[str, list[Claim]] = {}
        self.hints: list[Claim] = []
        self.shared_close: str | None = None
        self.outcome: pd.Series[Any] | None = None
        self.outcome_names: dict[str, list[str]] = {}
        self.stages = pd.DataFrame({"stage": [], "rows": [], "meaning": [], "nearest": []})

    def settle(self, claims: Iterable[Claim]) -> None:
        """Take the strongest claim for each column, where it has no equal and nobody else has as strong a claim."""
        claims = list(claims)
        self.hints = [claim for claim in claims if claim.strength == HINT]
        for strength in (PRESET, SAME, ALIKE, KNOWN):
            taken = {claim.theirs for claim in self.decided.values()}
            open_claims = [
                claim
                for claim in claims
                if claim.strength == strength
                and claim.theirs not in taken
                and claim.ours not in self.decided
                and claim.ours not in self.rivals
            ]
            self._settle_equals(_without_empty(_exclusive_first(open_claims)), strength)

    def _settle_equals(self, claims: list[Claim], strength: int) -> None:
        for ours in dict.fromkeys(claim.ours for claim in claims):
            own = [claim for claim in claims if claim.ours == ours]
            wanted_by = {claim.ours for claim in claims if claim.theirs == own[0].theirs}
            if len(own) == 1 and (len(wanted_by) == 1 or strength == PRESET):
                self.decided[ours] = own[0]
            elif len(own) == 1 and wanted_by == CLOSE_PAIR:
                self.shared_close = own[0].theirs
                self.rivals[ours] = own
            else:
                self.rivals[ours] = own

    def read_stages(self, chosen: str | None, preset: TableMapping | None) -> None:
        """List the stages met, and find out what tells won and lost: the stages' names, or a column of its own."""
        claim = self.decided.get("stage")
        if claim is None:
            return
        labels = blanks_to_missing(self.raw[claim.theirs])[0]
        counts = labels.value_counts()
        ended = _endings(self.raw, labels, preset) if preset else {}
        meanings = [meaning_of(str(label), preset, chosen) for label in counts.index]
        meanings = [
            (ended[label], f"{chosen}: no open deal stands on it")
            if said == "unknown" and label in ended
            else (said, why)
            for label, (said, why) in zip(counts.index, meanings, strict=True)
        ]
        self.stages = pd.DataFrame(
            {
                "stage": counts.index.astype("str"),
                "rows": counts.to_numpy(),
                "meaning": [meaning for meaning, _ in meanings],
                "nearest": [nearest for _, nearest in meanings],
            }
        )
        if chosen:
            return
        told = {name: self.stages.loc[self.stages["meaning"] == name, "stage"].tolist() for name in OUTCOMES}
        by_stage = labels.map({label: name for name, found in told.items() for label in found}).astype("str")
        if any(told.values()):
            self._stages_tell(told, claim.theirs, by_stage)
        elif "outcome" in self.decided:
            self.outcome = self._told_by(self.decided["outcome"].theirs)

    def _told_by(self, theirs: str) -> "pd.Series[Any]":
        """Return won and lost as a column of its own tells them."""
        outcome = blanks_to_missing(self.raw[theirs])[0].map(outcome_of, na_action="ignore")
        return outcome.where(outcome.isin(OUTCOMES)).astype("str")

    def _stages_tell(self, told: dict[str, list[str]], stage: str, by_stage: "pd.Series[Any]") -> None:
        """Let the stages tell the outcome; a column that says otherwise leaves all of them undecided."""
        listed = ", ".join(repr(name) for names in told.values() for name in names)
        by_name = Claim("outcome", stage, KNOWN, f"its stages tell it: {listed}")
        columns = [self.decided.pop("outcome")] if "outcome" in self.decided else self.rivals.pop("outcome", [])
        differ = {
            claim.theirs: int((self._told_by(claim.theirs).fillna("") != by_stage.fillna("")).sum())
            for claim in columns
        }
        if any(differ.values()):
            self.rivals["outcome"] = [
                Claim(
                    "outcome",
                    claim.theirs,
                    claim.strength,
                    f"{claim.reason}, {differ[claim.theirs]} rows unlike the stages",
                )
                for claim in columns
            ] + [by_name]
            return
        self.decided["outcome"] = by_name
        self.outcome_names = {name: names for name, names in told.items() if names}
        self.outcome = by_stage

    def part_close_dates(self) -> None:
        """Say whether a column that may be either close date is the expected one, the closing day, or one for both."""
        if self.shared_close is None or self.outcome is None:
            return
        filled = blanks_to_missing(self.raw[self.shared_close])[0].notna()
        is_closed = self.outcome.isin(OUTCOMES)
        on_open, on_closed = int((filled & ~is_closed).sum()), int((filled & is_closed).sum())
        where = f"filled on {on_closed:,} closed deals and {on_open:,} open ones"
        seldom = on_closed > 0 and 0 < on_open < MOSTLY * int((~is_closed).sum())
        if seldom or not on_closed + on_open:
            return
        for ours, mine, theirs in (("expected_close", on_open, on_closed), ("closed", on_closed, on_open)):
            claim = self.rivals.pop(ours)[0]
            if mine:
                also = ": one column for both" if theirs else ""
                self.decided[ours] = Claim(ours, claim.theirs, claim.strength, f"{claim.reason}, {where}{also}")

    def add_hints(self, headers: Sequence[str]) -> None:
        """List what only looks right for the columns that nothing else speaks for: near names, and content."""
        used = {claim.theirs for claim in self.decided.values()}
        used |= {claim.theirs for claims in self.rivals.values() for claim in claims}
        free = [name for name in headers if name not in used]
        for ours, column in self.columns.items():
            if ours in self.decided or ours in self.rivals:
                continue
            named = [claim for claim in self.hints if claim.ours == ours and claim.theirs in free]
            looking = [(name, _looks_like(column, self.content[name])) for name in free] if column.needed else []
            by_content = [Claim(ours, name, HINT, reason) for name, reason in looking if reason]
            if named or by_content:
                self.rivals[ours] = named or by_content

    def table(self, preset: TableMapping | None, chosen: str | None) -> pd.DataFrame:
        """Return one row per column of ours and candidate."""
        rows: list[tuple[str, str, str, str]] = []
        for ours, column in self.columns.items():
            if ours in self.decided:
                claim = self.decided[ours]
                certainty = "certain" if claim.strength in (SAME, ALIKE) else "likely"
                rows.append((ours, claim.theirs, claim.reason, certainty))
            elif ours in self.rivals:
                equal = " (one of several)" if len(self.rivals[ours]) > 1 else ""
                rows += [(ours, claim.theirs, claim.reason + equal, "undecided") for claim in self.rivals[ours]]
            else:
                rows.append((ours, "", "needed, but nothing like it" if column.needed else "nothing like it", "none"))
        for ours, theirs in (preset.columns if preset and chosen else {}).items():
            if ours not in self.columns and chosen:
                rows.append((ours, theirs, f"serves the preset {chosen}", "likely"))
        if preset and preset.outcome:
            told = f"the preset {chosen} tells it by " + " and ".join(sorted(tellers(preset)))
            rows = [row if row[0] != "outcome" else ("outcome", "", told, "likely") for row in rows]
        frame = pd.DataFrame(rows, columns=["ours", "theirs", "reason", "certainty"])
        return frame.assign(certainty=pd.Categorical(frame["certainty"], categories=list(CERTAINTIES), ordered=True))


def _endings(raw: pd.DataFrame, stages: "pd.Series[Any]", preset: TableMapping) -> dict[Any, str]:
    """Return the stages on which only closed deals stand, as a preset tells: won, lost, or closed if there are both."""
    named = {ours for conditions in preset.outcome.values() for one in conditions for ours in one} | {"outcome"}
    cells = {ours: blanks_to_missing(raw[preset.columns[ours]])[0] for ours in named if ours in preset.columns}
    for ours in set(cells) & set(preset.merge):
        spelling = {other: name for name, others in preset.merge[ours].items() for other in others}
        cells[ours] = cells[ours].replace(spelling)
    if preset.outcome:
        try:
            outcome = told_outcomes(
                pd.DataFrame({**cells, "stage": stages}).assign(opportunity=raw.index), preset.outcome
            )["outcome"]
        except InputError:
            return {}  # reading the file will say what is wrong
    elif "outcome" in cells:
        outcome = cells["outcome"].where(cells["outcome"].isin(OUTCOMES))
    else:
        return {}
    told = outcome.fillna("").groupby(stages).agg(set)
    return {
        stage: str(next(iter(outcomes))) if len(outcomes) == 1 else CLOSED
        for stage, outcomes in told.items()
        if "" not in outcomes
    }


def _without_empty(claims: list[Claim]) -> list[Claim]:
    """Drop the candidates of a column that are empty where another has cells."""
    filled = {claim.ours for claim in claims if not claim.empty}
    return [claim for claim in claims if not claim.empty or claim.ours not in filled]


def _exclusive_first(claims: list[Claim]) -> list[Claim]:
    """Leave a column that nobody else may be to the one that has it, where that one has a choice."""
    wanted = {
        theirs: {claim.ours for claim in claims if claim.theirs == theirs} for theirs in {c.theirs for c in claims}
    }
    served = {claim.ours for claim in claims if len(wanted[claim.theirs]) == 1}
    return [claim for claim in claims if claim.ours not in served or len(wanted[claim.theirs]) == 1]


def _looks_like(column: Column, content: Content) -> str:
    """Return what a column's cells have in common with one of ours that has no candidate by name, or nothing."""
    labels = len(content.labels)
    if not content.filled:
        return ""
    if column.choices:
        return "" if _against(column, content) else f"its values are {', '.join(content.labels[:VALUES_NAMED])}"
    if column.type == "date":
        return "its cells are dates" if content.dates > MOSTLY else ""
    if column.type in ("number", "points"):
        return "its cells are numbers" if content.numbers > MOSTLY and content.dates < MOSTLY else ""
    if max(content.numbers, content.dates) > MOSTLY and not (column.filled and content.unique):
        return ""
    if column.filled:
        return "its texts are all different" if content.unique and content.dates < MOSTLY else ""
    return f"it has {labels} labels" if 1 < labels <= min(MOST_STAGES, content.filled - 1) else ""


def tellers(preset: TableMapping) -> set[str]:
    """Return the file's columns that tell outcomes."""
    return {
        repr(preset.columns[ours])
        for conditions in preset.outcome.values()
        for condition in conditions
        for ours in condition
    }
