"""A first mapping for an unknown file: which column is which of ours, why, and what is left for a human to decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from custvalue.frames.claims import MOSTLY, Found, claims_of, content_of
from custvalue.frames.contracts import Column, contract_for
from custvalue.frames.kinds import CONTRACTS, KINDS
from custvalue.frames.known_names import by_name, column_named, table_of, vendor_names
from custvalue.frames.mapped import resolve
from custvalue.frames.parts import Parts
from custvalue.frames.presets import load_preset, preset_names
from custvalue.frames.proposal_text import proposal_text
from custvalue.frames.reading import read_raw
from custvalue.rules.errors import InputError, refusal


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
        One row per stage met, most frequent first: ``stage``, ``rows``, ``meaning`` (won, lost, closed
        where only closed deals stand on it, step or unknown), ``nearest`` (the nearest name known, where it comes from,
        and its probability).
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
    content = {name: content_of(raw[name]) for name in headers}
    fits = _fits(headers)
    chosen = _chosen_preset(kind, fits, headers, columns)
    preset = resolve(table_of(chosen), headers, kind) if chosen else None
    found = Found(raw, columns, content)
    found.settle(claims_of(columns, headers, content, preset, chosen))
    if kind == "opportunities":
        found.read_stages(chosen, preset)
        found.part_close_dates()
    found.add_hints(headers)
    table = found.table(preset, chosen)
    named = {name for name in table["theirs"] if name}
    unmatched = tuple(name for name in headers if name not in named)
    text = proposal_text(place.name, kind, found, table, chosen, preset)
    return Proposal(place.name, kind, chosen, table, kinds, fits, found.stages, unmatched, text)


def _kinds(headers: Sequence[str]) -> pd.DataFrame:
    """Count for each kind the columns of the file that are called as its columns are."""
    rows = []
    for kind, contract in CONTRACTS.items():
        claimed: dict[str, str] = {}
        for column in contract.columns:
            vendors = vendor_names(column.name, headers) if kind == "opportunities" else {}
            free = [theirs for theirs in headers if theirs not in claimed.values()]
            named = [theirs for theirs in free if by_name(column.name, theirs, vendors)[0]]
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
        names = table_of(name).names
        found = sum(column_named(name, ours, headers) is not None for ours in names)
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
        resolve(table_of(name), headers, kind)
    except InputError:
        return None
    return name
