"""The study as one HTML file that opens offline: findings first, then every chart with its table."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import pandas as pd
from plotly.offline import get_plotlyjs

from custvalue.charts.columns import column_label, value_label
from custvalue.rules.labels import Lang, check_lang
from custvalue.study.formats import Format, cell_text, column_format, in_language
from custvalue.study.words import TABLE_TITLES, WORDS

if TYPE_CHECKING:
    from custvalue.study.study import Study

MAX_ROWS = 500
RAW_DIGITS = 12
UNSORTED_AS_NUMBERS = ("text", "yes_no", "date")
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class _Cell:
    """What is read, what is downloaded, and what is sorted by where that is neither."""

    text: str
    raw: str
    order: str = ""


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    title: str
    columns: list[tuple[str, bool]]
    rows: list[list[_Cell]]
    cut: str


def write_html(study: "Study", path: Path, lang: Lang) -> Path:
    """Write the report and return its path."""
    check_lang(lang)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    figures = study.draw(lang)
    sections = [
        {
            "name": section.name,
            "title": section.title.text(lang),
            "notes": [note.text(lang) for note in section.notes],
            "tables": [
                (
                    [
                        _figure(name, figures[name])
                        for name, made in section.figures.items()
                        if made.table == table_name
                    ],
                    _table(table_name, table, lang),
                )
                for table_name, table in section.tables.items()
            ],
        }
        for section in study.sections
    ]
    page = environment.get_template("report.html.j2").render(
        lang=lang,
        words={name: label.text(lang) for name, label in WORDS.items()},
        study=study,
        findings=study.findings(lang),
        sections=sections,
        end_tables=[_table(name, study.tables[name], lang) for name in ("inputs", "rejects", "left_out")],
        plotly_js=get_plotlyjs(),
        style=(_TEMPLATES / "report.css").read_text(encoding="utf-8"),
        script=(_TEMPLATES / "report.js").read_text(encoding="utf-8"),
    )
    path.write_text(page, encoding="utf-8")
    return path


def _figure(name: str, figure: Any) -> dict[str, Any]:
    """Return what the page needs to draw a figure: its data as JSON that cannot end the script it stands in."""
    meta = figure.layout.meta
    return {
        "name": name,
        "json": figure.to_json().replace("</", "<\\/"),
        "height": figure.layout.height,
        "finding": meta["finding"],
        "sentence": meta["sentence"],
    }


def _table(name: str, table: pd.DataFrame, lang: Lang) -> _Table:
    table = in_language(table, lang)
    shown = table.head(MAX_ROWS)
    formats = {column: column_format(table, column) for column in table.columns}
    cells = [_cells(shown[column], column, formats[column], lang) for column in table.columns]
    cut = (
        WORDS["first_rows"].text(lang).format(shown=f"{len(shown):,}", n=f"{len(table):,}")
        if len(shown) < len(table)
        else ""
    )
    return _Table(
        name=name,
        title=TABLE_TITLES[name].text(lang),
        columns=[(column_label(column, lang), formats[column] not in UNSORTED_AS_NUMBERS) for column in table.columns],
        rows=[list(row) for row in zip(*cells, strict=True)],
        cut=cut,
    )


def _cells(column: "pd.Series[Any]", name: str, shown_as: Format, lang: Lang) -> list[_Cell]:
    """Return a column's cells: the text that is read, and the raw value that is sorted by and downloaded."""
    cells = []
    classes = list(column.cat.categories) if isinstance(column.dtype, pd.CategoricalDtype) else []
    for value in column:
        if pd.isna(value):
            cells.append(_Cell("–", ""))
        elif shown_as == "text":
            order = f"{classes.index(value):03d}" if classes else ""
            cells.append(_Cell(value_label(name, str(value), lang), str(value), order))
        elif shown_as in ("date", "yes_no", "count"):
            cells.append(
                _Cell(cell_text(value, shown_as, lang), f"{value:%Y-%m-%d}" if shown_as == "date" else str(value))
            )
        else:
            cells.append(_Cell(cell_text(value, shown_as, lang), f"{value:.{RAW_DIGITS}g}"))
    return cells
