"""The command line: ``custvalue study`` and ``custvalue check``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from custvalue.frames.mapping import read_mapping
from custvalue.frames.reading import FolderTables, read_folder
from custvalue.rules.errors import InputError
from custvalue.rules.labels import Lang
from custvalue.study.columns_cli import columns
from custvalue.study.console import BAD_INPUT, console, fail
from custvalue.study.formats import in_language

REJECTS_SHOWN = 10

app = typer.Typer(
    help="Decision-grade customer value: screen prospects, track orders, analyse accounts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_Folder = Annotated[Path, typer.Argument(help="Folder with tables named after their kind, e.g. opportunities.csv.")]
_MappingFile = Annotated[Path | None, typer.Option("--mapping", help="TOML file that maps an export onto our columns.")]


@app.command()
def study(
    folder: _Folder,
    as_of: Annotated[str, typer.Option("--as-of", help="The day the question is asked, e.g. 2026-09-30.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the report, the workbook and the rejects.")],
    mapping: _MappingFile = None,
    period: Annotated[str | None, typer.Option("--period", help="e.g. 2026Q3; by default the one of --as-of.")] = None,
    freq: Annotated[str, typer.Option("--freq", help="pandas quarter or month frequency, e.g. Q-MAR.")] = "Q-DEC",
    lang: Annotated[Lang, typer.Option("--lang", help="Language of the report and the workbook.")] = "en",
) -> None:
    """Run the account study and write report.html, study.xlsx and rejects.csv."""
    from custvalue.study.study import run_study  # plotly is imported only when something is drawn

    try:
        result = run_study(folder, as_of=as_of, period=period, freq=freq, mapping=mapping, progress=True)
        out.mkdir(parents=True, exist_ok=True)
        report = result.to_html(out / "report.html", lang=lang)
        workbook = result.to_excel(out / "study.xlsx", lang=lang)
    except InputError as error:
        raise fail(error) from error
    except OSError as error:
        raise fail(InputError(f"the output folder must be writable: {error}. Choose another --out.")) from error
    result.read.rejects.to_csv(out / "rejects.csv", index=False, encoding="utf-8-sig")
    terminal = console()
    for finding in result.findings(lang):
        terminal.print(f"• {finding.sentence}")
    _print_inputs(terminal, result.read)
    for part, reason in in_language(result.left_out, lang).itertuples(index=False):
        terminal.print(f"left out: {part}: {reason}")
    terminal.print(f"report   {report.resolve()}\nworkbook {workbook.resolve()}")


@app.command()
def check(folder: _Folder, mapping: _MappingFile = None) -> None:
    """Read and check the tables of a folder without running the study."""
    try:
        read = read_folder(folder, mapping=read_mapping(mapping) if mapping else None)
    except InputError as error:
        raise fail(error) from error
    terminal = console()
    _print_inputs(terminal, read)
    for file in read.ignored:
        terminal.print(f"not read: {file}: not named after a kind of table")
    shown = read.rejects.head(REJECTS_SHOWN)
    for row in shown.to_dict("records"):
        terminal.print(f"{row['file']}, line {row['line']}: {row['rule']}: got {row['value']!r}. {row['remedy']}")
    if len(read.rejects):
        if len(read.rejects) > len(shown):
            terminal.print(f"and {len(read.rejects) - len(shown)} more rejected rows")
        raise typer.Exit(BAD_INPUT)


app.command("columns")(columns)


def _print_inputs(terminal: Console, read: FolderTables) -> None:
    table = Table("table", "file", "rows", "clean", "rejected", "notes", box=None)
    for row in read.inputs.astype("str").itertuples(index=False):
        table.add_row(*row)
    terminal.print(table)
