"""The command ``custvalue columns``: what tables may hold, and a first mapping for a file of other names."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from custvalue.frames.claims import MOSTLY
from custvalue.frames.kinds import CONTRACTS
from custvalue.frames.presets import load_preset, preset_names
from custvalue.frames.propose import Proposal, propose_mapping
from custvalue.rules.errors import InputError, refusal
from custvalue.study.console import console, fail


def columns(
    file: Annotated[Path | None, typer.Argument(help="A table of other column names, e.g. an export of a CRM.")] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="What the table is; by default what it looks like.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where to write the proposed mapping (TOML).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file that --out names.")] = False,
) -> None:
    """List the kinds of tables and the presets, or propose a mapping for FILE with the reasons."""
    try:
        if file is None:
            _list_all(kind, out)
            return
        proposal = propose_mapping(file, kind)
        if out is not None:
            _write(proposal, out, force=force)
    except InputError as error:
        raise fail(error) from error
    _print_proposal(proposal)
    if out is not None:
        console().print(f"mapping written to {out.resolve()}: edit it, then use it with --mapping")


def _list_all(kind: str | None, out: Path | None) -> None:
    if out is not None or kind is not None:
        raise refusal("--out and --kind are about a file", "no file", "Name the file first: custvalue columns FILE.")
    terminal = console()
    for contract in CONTRACTS.values():
        terminal.print(f"\n{contract.kind}: {contract.meaning}")
        table = Table("column", "type", "", "meaning", box=None, pad_edge=False)
        for column in contract.columns:
            table.add_row(column.name, column.type, "needed" if column.needed else "may have", column.meaning)
        terminal.print(table)
    terminal.print("\npresets for standard exports of opportunities")
    table = Table("preset", "product", "export", box=None, pad_edge=False)
    for name in preset_names():
        source = load_preset(name).source
        table.add_row(name, source["product"], source["export"])
    terminal.print(table)


def _print_proposal(proposal: Proposal) -> None:
    terminal = console()
    terminal.print(f"{proposal.file}, read as {proposal.kind}")
    table = Table("ours", "theirs", "certainty", "reason", box=None, pad_edge=False)
    for ours, theirs, reason, certainty in proposal.table.itertuples(index=False):
        table.add_row(ours, theirs or "-", certainty, reason)
    terminal.print(table)
    if len(proposal.stages):
        stages = Table("stage", "rows", "meaning", "nearest known", box=None, pad_edge=False)
        for row in proposal.stages.astype("str").itertuples(index=False):
            stages.add_row(*row)
        terminal.print(stages)
    if proposal.preset:
        unknown = proposal.stages.loc[proposal.stages["meaning"] == "unknown", "stage"].tolist()
        known = f"but not the stages {', '.join(unknown)}" if unknown else "and every stage: it reads the file as it is"
        terminal.print(f"the preset {proposal.preset} knows the columns, {known}")
    elif proposal.kind == "opportunities":
        for preset, _, found, of, share in proposal.presets.itertuples(index=False):
            if share >= MOSTLY:
                terminal.print(f"the preset {preset} knows {found} of its {of} columns here, but cannot read it")
    if proposal.unmatched:
        terminal.print(f"kept under their own names: {', '.join(proposal.unmatched)}")


def _write(proposal: Proposal, out: Path, *, force: bool) -> None:
    if out.exists() and not force:
        raise refusal("--out names a new file", f"{out.name}, which exists", "Choose another, or add --force.")
    try:
        out.write_text(proposal.to_toml(), encoding="utf-8")
    except OSError as error:
        raise refusal("--out must be writable", str(error), "Choose another place.") from error
