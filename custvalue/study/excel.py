"""The study as a workbook: a contents sheet, then a sheet per table with formats, filters, bands and native charts."""

import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xlsxwriter

from custvalue.charts.columns import column_label, value_label
from custvalue.charts.theme import ordered_colours
from custvalue.charts.wording import text_width
from custvalue.rules.labels import Lang, check_lang
from custvalue.study.formats import EXCEL_FORMATS, Format, cell_text, column_format, in_language
from custvalue.study.words import TABLE_TITLES, WORDS

if TYPE_CHECKING:
    from custvalue.study.study import Study

CONTENTS = "contents"
SHEET_ROWS = 1_048_576 - 1
CELL_CHARACTERS = 32_767
WIDEST = 42
NARROWEST = 9
SAMPLE_ROWS = 200
CHART_ROWS = 2_000
CHART_SIZE = {"width": 900, "height": 420}
# Text from the data is never a formula, a link or a number.
_AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_excel(study: "Study", path: Path, lang: Lang) -> Path:
    """Write the workbook and return its path."""
    check_lang(lang)
    book = xlsxwriter.Workbook(str(path), _AS_TEXT)
    # A fixed creation time makes equal studies equal files.
    book.set_properties({"title": WORDS["title"].text(lang), "created": study.inputs.as_of.to_pydatetime()})
    formats: dict[Format, Any] = {name: book.add_format({"num_format": text}) for name, text in EXCEL_FORMATS.items()}
    header = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    sheets = {name: table for name, table in study.tables.items() if len(table.columns)}
    contents = book.add_worksheet(CONTENTS)
    for name, table in sheets.items():
        sheet = book.add_worksheet(name)
        _write_table(book, sheet, table, lang, formats, header)
        if name in _CHARTS:
            _CHARTS[name](book, sheet, name, table, lang)
    _write_contents(book, contents, study, sheets, lang, header)
    book.close()
    return path


def _write_contents(
    book: Any, sheet: Any, study: "Study", sheets: dict[str, pd.DataFrame], lang: Lang, header: Any
) -> None:
    title = book.add_format({"bold": True, "font_size": 14})
    as_of = f"{WORDS['as_of'].text(lang)} {study.inputs.as_of:%Y-%m-%d}"
    sheet.write_string(0, 0, f"{WORDS['title'].text(lang)} {study.inputs.period_label}, {as_of}", title)
    sheet.write_row(2, 0, [WORDS["sheet"].text(lang), WORDS["about"].text(lang), WORDS["rows"].text(lang)], header)
    for row, (name, table) in enumerate(sheets.items(), start=3):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", string=name)
        sheet.write_string(row, 1, TABLE_TITLES[name].text(lang))
        sheet.write_number(row, 2, len(table))
    row = len(sheets) + 4
    sheet.write_string(row, 0, WORDS["findings"].text(lang), header)
    for number, finding in enumerate(study.findings(lang), start=1):
        sheet.write_string(row + number, 0, finding.sentence)
    row += number + 2
    sheet.write_string(row, 0, WORDS["notes"].text(lang), header)
    for section in study.sections:
        for note in section.notes:
            row += 1
            sheet.write_string(row, 0, f"{section.title.text(lang)}: {note.text(lang)}")
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 40)
    sheet.set_first_sheet()
    sheet.activate()


def _write_table(
    book: Any, sheet: Any, table: pd.DataFrame, lang: Lang, formats: dict[Format, Any], header: Any
) -> None:
    shown = in_language(table, lang).head(SHEET_ROWS)
    for place, name in enumerate(shown.columns):
        label = column_label(str(name), lang)
        shown_as = column_format(shown, str(name))
        values = _plain_values(shown[name], str(name), shown_as, lang)
        sheet.write_string(0, place, label, header)
        sheet.write_column(1, place, values, formats[shown_as])
        longest = max((text_width(str(value)) for value in values[:SAMPLE_ROWS] if value is not None), default=0)
        sheet.set_column(place, place, min(max(text_width(label), longest, NARROWEST) + 2, WIDEST))
        if isinstance(shown[name].dtype, pd.CategoricalDtype) and shown[name].cat.ordered and len(shown):
            _colour_bands(book, sheet, shown[name], str(name), place, lang)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(shown), 1), len(shown.columns) - 1)


def _plain_values(column: "pd.Series[Any]", name: str, shown_as: Format, lang: Lang) -> list[Any]:
    """Return a column as plain Python values; missing ones are None and stay empty cells."""
    missing = column.isna()
    if shown_as == "text":
        return [
            None if gone else value_label(name, str(value), lang)[:CELL_CHARACTERS]
            for value, gone in zip(column, missing, strict=True)
        ]
    if shown_as == "date":
        return [None if gone else _as_datetime(value) for value, gone in zip(column, missing, strict=True)]
    return [
        None if gone else _number(value) for value, gone in zip(column.astype(object).tolist(), missing, strict=True)
    ]


def _number(value: Any) -> Any:
    """Return a number as a cell can hold it: infinity is text."""
    return cell_text(value, "number") if isinstance(value, float) and math.isinf(value) else value


def _as_datetime(value: pd.Timestamp) -> datetime:
    return value.to_pydatetime()


def _colour_bands(book: Any, sheet: Any, column: "pd.Series[Any]", name: str, place: int, lang: Lang) -> None:
    """Colour each ordered class by its place, as the charts do."""
    levels = list(column.cat.categories)
    if len(levels) > len("ABCDE"):  # the 27 segments are told apart by their letters, not by 27 colours
        return
    for level, colour in zip(levels, ordered_colours(len(levels)), strict=True):
        rule = {
            "type": "cell",
            "criteria": "equal to",
            "value": '"{}"'.format(value_label(name, level, lang).replace('"', '""')),
            "format": book.add_format({"bg_color": colour, "font_color": _readable_on(colour)}),
        }
        sheet.conditional_format(1, place, len(column), place, rule)


def _readable_on(colour: str) -> str:
    """Return black or white, whichever reads better on a colour."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    luminance = (299 * red + 587 * green + 114 * blue) / 1000  # ITU-R BT.601
    return "#000000" if luminance > 128 else "#FFFFFF"  # noqa: PLR2004 (half of 8 bits)


def _pareto_chart(book: Any, sheet: Any, name: str, table: pd.DataFrame, lang: Lang) -> None:
    last = min(len(table), CHART_ROWS)
    at = {column: table.columns.get_loc(column) for column in ("account", "revenue", "cumulative_share")}
    bars = book.add_chart({"type": "column"})
    bars.add_series(
        {
            "name": column_label("revenue", lang),
            "categories": [name, 1, at["account"], last, at["account"]],
            "values": [name, 1, at["revenue"], last, at["revenue"]],
        }
    )
    line = book.add_chart({"type": "line"})
    line.add_series(
        {
            "name": column_label("cumulative_share", lang),
            "categories": [name, 1, at["account"], last, at["account"]],
            "values": [name, 1, at["cumulative_share"], last, at["cumulative_share"]],
            "y2_axis": True,
        }
    )
    bars.combine(line)
    line.set_y2_axis({"num_format": "0%", "min": 0})
    title = TABLE_TITLES[name].text(lang)
    if last < len(table):
        title += ": " + WORDS["charted"].text(lang).format(shown=f"{last:,}", n=f"{len(table):,}")
    bars.set_title({"name": title, "overlay": False})
    bars.set_y_axis({"name": column_label("revenue", lang)})
    bars.set_size(CHART_SIZE)
    sheet.insert_chart(1, len(table.columns) + 1, bars)


def _segment_chart(book: Any, sheet: Any, name: str, table: pd.DataFrame, lang: Lang) -> None:
    last = int(table["segment"].notna().sum())
    at = {column: table.columns.get_loc(column) for column in ("segment", "n")}
    bars = book.add_chart({"type": "column"})
    bars.add_series(
        {
            "name": column_label("n", lang),
            "categories": [name, 1, at["segment"], last, at["segment"]],
            "values": [name, 1, at["n"], last, at["n"]],
            "data_labels": {"value": True},
        }
    )
    bars.set_title({"name": TABLE_TITLES[name].text(lang), "overlay": False})
    bars.set_legend({"none": True})
    bars.set_size(CHART_SIZE)
    sheet.insert_chart(1, len(table.columns) + 1, bars)


_CHARTS = {"concentration_accounts": _pareto_chart, "segment_summary": _segment_chart}
