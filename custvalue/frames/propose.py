"""A first mapping for an unknown file: which column is which of ours, why, and what is left for a human to decide."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from custvalue.frames.blanks import blanks_to_missing
from custvalue.frames.contracts import Column, contract_for
from custvalue.frames.deals import OUTCOMES
from custvalue.frames.kinds import CONTRACTS, KINDS
from custvalue.frames.parts import Parts
from custvalue.frames.presets import CLOSE_PAIR, PRESETS, PresetTable, find_column, load_preset, preset_names, resolve
from custvalue.frames.reading import read_raw
from custvalue.rules import playbook
from custvalue.rules.errors import InputError, refusal

ROWS_LOOKED_AT = 10_000  # enough to tell dates from amounts
MOSTLY = 0.5  # a preset must know this share of its columns; so many cells must be what their column is
NEARLY = 0.85  # how alike two names are that may be a slip of the pen
VALUES_NAMED = 3
MOST_STAGES = 30  # a column with more labels is no list of stages

# What speaks for a column, strongest first. A hint alone decides nothing.
PRESET, SAME, ALIKE, KNOWN, HINT = 5, 4, 3, 2, 1
CERTAINTIES = ("none", "undecided", "likely", "certain")

NUMBER = r"[-−+(]?\s*[¥￥$€£]?\s*[-−]?\d[\d.,'’\s]*\)?\s*[%％]?\s*[万亿千kKmMbB]?元?(\s*[A-Z]{3})?"
DATE = (
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([ T].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([ T].*)?"
    r"|\d{1,2}[- ][A-Za-z]{3,9}[- ,]+\d{2,4}|(19|20)\d{6}"
)
BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Proposal(Parts):
    """What a file's columns may be.

    Attributes
    ----------
    file, kind : str
        The file's name and the kind of table it most likely is.
    preset : str or None
        The preset whose columns the file has, if one fits best and finds what it needs.
    table : pandas.DataFrame
        One row per column of ours and candidate, in the contract's order: ``ours``, ``theirs``, ``reason``,
        ``certainty`` (certain, likely, undecided or none). Several undecided rows are rival candidates.
    kinds : pandas.DataFrame
        One row per kind, best first: ``kind``, ``found`` and ``of`` (columns called as ours), ``missing`` (needed).
    presets : pandas.DataFrame
        One row per preset, best first: ``preset``, ``product``, ``found``, ``of``, ``share``.
    stages : pandas.DataFrame
        One row per stage met, most frequent first: ``stage``, ``rows``, ``meaning`` (won, lost, step or unknown),
        ``nearest`` (the nearest name known, where it comes from, and its probability).
    unmatched : tuple of str
        Columns of the file that nothing speaks for; they are kept under their own names.
    """

    file: str
    kind: str
    preset: str | None
    table: pd.DataFrame
    kinds: pd.DataFrame
    presets: pd.DataFrame
    stages: pd.DataFrame
    unmatched: tuple[str, ...]
    text: str = field(repr=False)

    def to_toml(self) -> str:
        """Return a mapping file to edit: reasons as comments, what is undecided commented out."""
        return self.text


@dataclass(frozen=True, slots=True)
class _Claim:
    """A column of the file that may be one of ours, how strongly that is meant, and why."""

    ours: str
    theirs: str
    strength: int
    reason: str
    empty: bool = False


@dataclass(frozen=True, slots=True)
class _Content:
    """What the cells of a column look like: shares of numbers and dates, the labels met, whether all differ."""

    filled: int
    numbers: float
    dates: float
    labels: tuple[str, ...]
    unique: bool


def propose_mapping(path: str | Path, kind: str | None = None) -> Proposal:
    r"""Propose how an unknown file is read: our columns, theirs, the reasons.

    Names speak first (the same; the same but for case, blanks or signs; a preset's name; a known English or Chinese
    synonym), then content may contradict them. Content alone, and names that are only nearly right, give hints that
    decide nothing. Two equal candidates are both listed, and neither is taken.

    Parameters
    ----------
    path : str or Path
        A ``.csv``, ``.xlsx`` or ``.parquet`` file.
    kind : str, optional
        What the table is; by default the kind whose columns the file has most of, or that the file is named after.

    Returns
    -------
    Proposal
        ``.table`` (ours, theirs, reason, certainty), ``.kind``, ``.preset``, ``.stages``, ``.unmatched``, and
        ``.to_toml()``, a mapping file to edit.

    Raises
    ------
    ValueError
        If the file cannot be read or has no columns.
        If the kind is unknown, or none is given and the columns fit none, or two equally well.

    Notes
    -----
    A proposal is read off names and the first cells. That a column is called ``revenue`` does not make it *our* sales:
    check every line against its meaning.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "crm.csv")
    ...     _ = path.write_text("商机编号,客户,阶段,金额\n1,华信,赢单,5\n2,远大,报价,7\n", encoding="utf-8")
    ...     proposal = propose_mapping(path)
    >>> proposal.kind, proposal.table.loc[proposal.table["ours"] == "amount", "theirs"].item()
    ('opportunities', '金额')
    """
    place = Path(path)
    raw = read_raw(place)
    headers = [name for name in raw.columns if isinstance(name, str) and name.strip()]
    if not headers:
        raise refusal("a table has named columns", "none", "Put their names in the first row.", place.name)
    kinds = _kinds(headers)
    kind = contract_for(kind).kind if kind is not None else _best_kind(place, kinds)
    columns = {column.name: column for column in contract_for(kind).columns}
    content = {name: _content(raw[name]) for name in headers}
    fits = _fits(headers)
    chosen = _chosen_preset(kind, fits, headers, columns)
    preset = resolve(load_preset(chosen), headers, kind) if chosen else None
    found = _Found(raw, columns, content)
    found.settle(_claims(columns, headers, content, preset, chosen))
    if kind == "opportunities":
        found.read_stages(chosen, preset)
        found.part_close_dates()
    found.add_hints(headers)
    table = found.table(preset, chosen)
    named = {name for name in table["theirs"] if name}
    unmatched = tuple(name for name in headers if name not in named)
    text = _toml(place.name, kind, found, table, chosen, preset)
    return Proposal(place.name, kind, chosen, table, kinds, fits, found.stages, unmatched, text)


@cache
def _words() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the synonyms of our columns and of the outcomes."""
    content = tomllib.loads((PRESETS / "_synonyms.toml").read_text(encoding="utf-8"))
    return {part: {ours: tuple(names) for ours, names in words.items()} for part, words in content.items()}


def _key(name: str) -> str:
    """Return a name without case, blanks and signs, so that ``Close_Date`` and ``close date`` are the same."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _outcome_of(label: str) -> str | None:
    """Return won, lost or open for a label that is known to mean it."""
    return next((name for name, words in _words()["outcomes"].items() if _key(label) in map(_key, words)), None)


def _content(column: "pd.Series[Any]") -> _Content:
    present = blanks_to_missing(column.head(ROWS_LOOKED_AT))[0].dropna()
    texts = present.astype("str")
    typed_number = pd.api.types.is_numeric_dtype(present) and not pd.api.types.is_bool_dtype(present)
    typed_date = pd.api.types.is_datetime64_any_dtype(present)
    numbers = float(typed_number) if typed_number or typed_date else float(texts.str.fullmatch(NUMBER).mean())
    dates = float(typed_date) if typed_number or typed_date else float(texts.str.fullmatch(DATE).mean())
    return _Content(len(present), numbers, dates, tuple(texts.unique()), bool(len(column)) and column.is_unique)


@cache
def _synonyms(ours: str) -> dict[str, str]:
    """Return what a column is called, by key: its own name and its synonyms."""
    return {_key(name): name for name in (ours, *_words()["columns"].get(ours, ()))}


def _by_name(ours: str, theirs: str, vendors: Mapping[str, str]) -> tuple[int, str]:
    """Return how strongly a name speaks for a column, and why; 0 if it does not."""
    key = _key(theirs)
    if theirs == ours:
        return SAME, "same name"
    if key == _key(ours):
        return ALIKE, "same name but for case, blanks or signs"
    if key in _synonyms(ours):
        return KNOWN, f"known synonym ({_synonyms(ours)[key]})"
    if theirs in vendors:
        return KNOWN, f"name in exports of {vendors[theirs]}"
    return 0, ""


def _nearly_by_name(ours: str, theirs: str) -> tuple[int, str]:
    """Return what a name hints at: a synonym followed by something in brackets, or a slip of the pen."""
    synonyms = _synonyms(ours)
    bare = _key(BRACKETS.sub("", theirs))
    if bare != _key(theirs) and bare in synonyms:
        return HINT, f"like {synonyms[bare]!r} but for what stands in brackets: check the unit"
    close = difflib.get_close_matches(_key(theirs), synonyms, n=1, cutoff=NEARLY)
    return (HINT, f"nearly {synonyms[close[0]]!r}") if close else (0, "")


def _against(column: Column, content: _Content) -> str:
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
    return column.name == "outcome" and _outcome_of(label) is not None


def _claims(
    columns: Mapping[str, Column],
    headers: Sequence[str],
    content: Mapping[str, _Content],
    preset: PresetTable | None,
    chosen: str | None,
) -> list[_Claim]:
    claims = []
    for ours, column in columns.items():
        if preset and ours == "outcome" and preset.told:
            continue
        if preset and chosen and ours in preset.columns:
            reason = f"its name in exports of {load_preset(chosen).source['product']}"
            claims.append(_Claim(ours, preset.columns[ours], PRESET, reason))
            continue
        vendors = _vendor_names(ours, headers)
        for theirs in headers:
            strength, reason = _by_name(ours, theirs, vendors)
            if not strength:
                strength, reason = _nearly_by_name(ours, theirs)
            against = _against(column, content[theirs]) if strength else ""
            if strength:
                reason = f"{reason}, {against}" if against else reason
                claims.append(_Claim(ours, theirs, HINT if against else strength, reason, not content[theirs].filled))
    strong = {claim.theirs for claim in claims if claim.strength > HINT}
    return [claim for claim in claims if claim.strength > HINT or claim.theirs not in strong]


def _named(preset: str, ours: str, headers: Sequence[str]) -> str | None:
    """Return the file's column that a preset reads as ours, if exactly one is called so."""
    try:
        return find_column(load_preset(preset).table().names.get(ours, ()), headers)
    except InputError:
        return None


def _vendor_names(ours: str, headers: Sequence[str]) -> dict[str, str]:
    """Return the file's columns that some preset would read as ours, with the product."""
    names: dict[str, str] = {}
    for name in preset_names():
        theirs = _named(name, ours, headers)
        if theirs is not None:
            names.setdefault(theirs, load_preset(name).source["product"])
    return names


def _kinds(headers: Sequence[str]) -> pd.DataFrame:
    """Count for each kind the columns of the file that are called as its columns are."""
    rows = []
    for kind, contract in CONTRACTS.items():
        claimed: dict[str, str] = {}
        for column in contract.columns:
            vendors = _vendor_names(column.name, headers) if kind == "opportunities" else {}
            free = [theirs for theirs in headers if theirs not in claimed.values()]
            named = [theirs for theirs in free if _by_name(column.name, theirs, vendors)[0]]
            if named:
                claimed[column.name] = named[0]
        # Won and lost may be told by the stages, so a missing outcome says nothing against opportunities.
        needed = [column.name for column in contract.columns if column.needed and column.name != "outcome"]
        missing = sum(name not in claimed for name in needed)
        rows.append((kind, len(claimed), len(contract.columns), missing))
    frame = pd.DataFrame(rows, columns=["kind", "found", "of", "missing"])
    order = (frame["missing"] - frame["found"]).sort_values(kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _best_kind(place: Path, kinds: pd.DataFrame) -> str:
    if place.stem.lower() in KINDS:
        return place.stem.lower()
    score = kinds["found"] - kinds["missing"]
    best = kinds.loc[score == score.max(), "kind"].tolist()
    if score.max() <= 0:
        raise refusal(
            "a file's columns must be like those of a known kind of table",
            "no kind of which they are",
            f"Say which it is: kind is one of {', '.join(KINDS)}.",
            place.name,
        )
    if len(best) > 1:
        raise refusal("a file is of one kind", " or ".join(best), "Say which with kind.", place.name)
    return str(best[0])


def _fits(headers: Sequence[str]) -> pd.DataFrame:
    rows = []
    for name in preset_names():
        preset = load_preset(name)
        names = preset.table().names
        found = sum(_named(name, ours, headers) is not None for ours in names)
        rows.append((name, preset.source["product"], found, len(names), found / len(names)))
    frame = pd.DataFrame(rows, columns=["preset", "product", "found", "of", "share"])
    return frame.sort_values("share", ascending=False, kind="stable").reset_index(drop=True)


def _chosen_preset(kind: str, fits: pd.DataFrame, headers: Sequence[str], columns: Mapping[str, Column]) -> str | None:
    """Return the preset that fits best and reads the file; none where the file is in our own words, or two fit."""
    own = all(column.name in headers for column in columns.values() if column.needed)
    best = fits.loc[fits["share"] == fits["share"].max()]
    if kind != "opportunities" or own or len(best) > 1 or best["share"].iloc[0] < MOSTLY:
        return None
    name = str(best["preset"].iloc[0])
    try:
        resolve(load_preset(name), headers, kind)
    except InputError:
        return None
    return name


class _Found:
    """What has been settled so far: one claim for each column of ours that is decided, all claims for the others."""

    def __init__(self, raw: pd.DataFrame, columns: Mapping[str, Column], content: Mapping[str, _Content]) -> None:
        self.raw = raw
        self.columns = columns
        self.content = content
        self.decided: dict[str, _Claim] = {}
        self.rivals: dict[str, list[_Claim]] = {}
        self.hints: list[_Claim] = []
        self.shared_close: str | None = None
        self.outcome: pd.Series[Any] | None = None
        self.outcome_names: dict[str, list[str]] = {}
        self.stages = pd.DataFrame({"stage": [], "rows": [], "meaning": [], "nearest": []})

    def settle(self, claims: Iterable[_Claim]) -> None:
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

    def _settle_equals(self, claims: list[_Claim], strength: int) -> None:
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

    def read_stages(self, chosen: str | None, preset: PresetTable | None) -> None:
        """List the stages met, and find out what tells won and lost: the stages' names, or a column of its own."""
        claim = self.decided.get("stage")
        if claim is None:
            return
        labels = blanks_to_missing(self.raw[claim.theirs])[0]
        counts = labels.value_counts()
        meanings = [_meaning(str(label), preset, chosen) for label in counts.index]
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
        outcome = blanks_to_missing(self.raw[theirs])[0].map(_outcome_of, na_action="ignore")
        return outcome.where(outcome.isin(OUTCOMES)).astype("str")

    def _stages_tell(self, told: dict[str, list[str]], stage: str, by_stage: "pd.Series[Any]") -> None:
        """Let the stages tell the outcome; a column that says otherwise leaves all of them undecided."""
        listed = ", ".join(repr(name) for names in told.values() for name in names)
        by_name = _Claim("outcome", stage, KNOWN, f"its stages tell it: {listed}")
        columns = [self.decided.pop("outcome")] if "outcome" in self.decided else self.rivals.pop("outcome", [])
        differ = {
            claim.theirs: int((self._told_by(claim.theirs).fillna("") != by_stage.fillna("")).sum())
            for claim in columns
        }
        if any(differ.values()):
            self.rivals["outcome"] = [
                _Claim(
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
                self.decided[ours] = _Claim(ours, claim.theirs, claim.strength, f"{claim.reason}, {where}{also}")

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
            by_content = [_Claim(ours, name, HINT, reason) for name, reason in looking if reason]
            if named or by_content:
                self.rivals[ours] = named or by_content

    def table(self, preset: PresetTable | None, chosen: str | None) -> pd.DataFrame:
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
        if preset and preset.told:
            told = f"the preset {chosen} tells it by " + " and ".join(sorted(_tellers(preset)))
            rows = [row if row[0] != "outcome" else ("outcome", "", told, "likely") for row in rows]
        frame = pd.DataFrame(rows, columns=["ours", "theirs", "reason", "certainty"])
        return frame.assign(certainty=pd.Categorical(frame["certainty"], categories=list(CERTAINTIES), ordered=True))


def _without_empty(claims: list[_Claim]) -> list[_Claim]:
    """Drop the candidates of a column that are empty where another has cells."""
    filled = {claim.ours for claim in claims if not claim.empty}
    return [claim for claim in claims if not claim.empty or claim.ours not in filled]


def _exclusive_first(claims: list[_Claim]) -> list[_Claim]:
    """Leave a column that nobody else may be to the one that has it, where that one has a choice."""
    wanted = {
        theirs: {claim.ours for claim in claims if claim.theirs == theirs} for theirs in {c.theirs for c in claims}
    }
    served = {claim.ours for claim in claims if len(wanted[claim.theirs]) == 1}
    return [claim for claim in claims if claim.ours not in served or len(wanted[claim.theirs]) == 1]


def _looks_like(column: Column, content: _Content) -> str:
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


@cache
def _steps() -> dict[str, tuple[str, float, str]]:
    """Return every stage known: its name, probability, and whose it is."""
    merges: dict[str, list[str]] = {}
    ladders = [("the lecture's deal heat", playbook.DEAL_HEAT, merges)]
    for name in preset_names():
        preset = load_preset(name)
        if preset.ladder:
            ladders.append((preset.source["product"], preset.ladder, preset.table().merge.get("stage", {})))
    found: dict[str, tuple[str, float, str]] = {}
    for whose, ladder, merged in ladders:
        for stage in ladder.stages:
            for spelling in (stage.name, stage.label.en, stage.label.zh, *merged.get(stage.name, ())):
                found.setdefault(_key(spelling), (spelling, stage.probability, whose))
    return found


def _meaning(label: str, preset: PresetTable | None, chosen: str | None) -> tuple[str, str]:
    """Return whether a stage means won, lost or a step, and the nearest name known."""
    if preset and chosen:
        for outcome, conditions in preset.told.items():
            if any(label.lower() in map(str.lower, condition.get("stage", ())) for condition in conditions):
                return outcome, f"{chosen}: {outcome}"
        ladder = load_preset(chosen).ladder
        merged = [name for names in preset.merge.get("stage", {}).values() for name in names]
        if ladder and label in (*ladder.names, *merged):
            return "step", f"{chosen}: its step"
    elif (word := _outcome_of(label)) in OUTCOMES:
        return str(word), f"a word for {word}"
    close = difflib.get_close_matches(_key(label), _steps(), n=1)
    if not close:
        return "unknown", ""
    name, probability, whose = _steps()[close[0]]
    known = close[0] == _key(label) and not chosen
    return ("step" if known else "unknown"), f"{name!r}, {probability:.0%}, {whose}"


def _tellers(preset: PresetTable) -> set[str]:
    """Return the file's columns that tell outcomes."""
    return {
        repr(preset.columns[ours])
        for conditions in preset.told.values()
        for condition in conditions
        for ours in condition
    }


def _quoted(text: str) -> str:
    """Return a text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _as_key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else _quoted(name)


def _toml(
    file: str, kind: str, found: _Found, table: pd.DataFrame, chosen: str | None, preset: PresetTable | None
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
    if percent:
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


def _column_lines(found: _Found, table: pd.DataFrame) -> list[str]:
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


def _percents(found: _Found) -> tuple[str, ...]:
    """Return the probability column's name if it is written in percent."""
    claim = found.decided.get("probability")
    if claim is None:
        return ()
    cells = found.raw[claim.theirs].astype("str").str.strip()
    numbers = pd.to_numeric(cells.str.removesuffix("%"), errors="coerce")
    return ("probability",) if cells.str.endswith("%").any() or (numbers > 1).any() else ()


def _outcome_spellings(found: _Found) -> dict[str, list[str]]:
    """Return the spellings of won, lost and open (for us empty) in the column that tells the outcome."""
    spellings: dict[str, list[str]] = {"won": [], "lost": [], "": []}
    for label in found.content[found.decided["outcome"].theirs].labels:
        outcome = _outcome_of(label)
        ours = outcome if outcome in OUTCOMES else ""
        if label != ours:
            spellings[str(ours)].append(label)
    return spellings


def _merge_lines(name: str, merges: Mapping[str, Sequence[str]]) -> list[str]:
    lines = [f"{_as_key(ours)} = {_listed(others)}" for ours, others in merges.items() if others]
    return [f"[{name}]", *lines] if lines else []


def _preset_lines(kind: str, preset: PresetTable) -> list[list[str]]:
    """Return what a preset says besides its columns."""
    sections = [_merge_lines(f"{kind}.fill", preset.fill)]
    sections += [_merge_lines(f"{kind}.merge.{column}", merges) for column, merges in preset.merge.items()]
    outcome = [
        f"{outcome} = [{', '.join(map(_condition_text, conditions))}]" for outcome, conditions in preset.told.items()
    ]
    return [*sections, [f"[{kind}.outcome]", *outcome] if outcome else []]


def _condition_text(condition: Mapping[str, Sequence[str]]) -> str:
    if set(condition) == {"stage"}:
        return ", ".join(map(_quoted, condition["stage"]))
    return "{ " + ", ".join(f"{_as_key(ours)} = {_listed(values)}" for ours, values in condition.items()) + " }"


def _ladder_lines(stages: pd.DataFrame, chosen: str | None) -> list[str]:
    """Return the ladder: the preset's where it knows every stage met, else a draft that is commented out."""
    steps = stages.loc[~stages["meaning"].isin(OUTCOMES)]
    ladder = load_preset(chosen).ladder if chosen else None
    if ladder and (steps["meaning"] == "step").all():
        lines = [
            f"  {{ name = {_quoted(step.name)}, zh = {_quoted(step.label.zh)}, probability = {step.probability:g} }},"
            for step in ladder.stages
        ]
        return ["[ladder]", f"source = {_quoted(ladder.source)}", "stages = [", *lines, "]"]
    if len(steps) == 0 or set(steps["stage"]) <= set(playbook.DEAL_HEAT.names):
        return []
    drafted = []
    for name, rows, _, nearest in steps.itertuples(index=False):
        known = _steps().get(_key(name))
        chance = known[1] if known else 0.0
        step = f"#   {{ name = {_quoted(name)}, probability = {chance:g} }},"
        text = f"{step}  # {rows:,} rows; nearest known: {nearest or 'none'}"
        drafted.append((chance if known else 1.0, text))
    return [
        "# The steps of your sale, in selling order, each likelier to be won than the one before:",
        "# [ladder]",
        '# source = "say where the probabilities come from"',
        "# stages = [",
        *[text for _, text in sorted(drafted, key=lambda step: step[0])],
        "# ]",
    ]
