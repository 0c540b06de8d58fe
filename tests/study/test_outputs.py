"""What the study writes: one HTML file that opens offline, and a workbook without a single formula from the data."""

import re
from html import escape

import openpyxl
import pandas as pd
import pytest

import custvalue as cv

NASTY = "=1+1<script>alert('x')</script>&%{y}"
MAX_BYTES = 8_000_000


def nasty_study():
    accounts = cv.load_accounts()
    accounts.loc[accounts["account"] == accounts["account"].iloc[-1], "account"] = NASTY
    traits = cv.load_traits()
    traits.loc[0, "rep"] = NASTY
    return cv.run_study({"accounts": accounts, "traits": traits}, as_of="2026-09-30")


@pytest.fixture(scope="module", params=["en", "zh"])
def page(request, study, tmp_path_factory):
    path = study.to_html(tmp_path_factory.mktemp("page") / f"report-{request.param}.html", lang=request.param)
    return request.param, path.read_text(encoding="utf-8")


def without_code(page):
    return re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL)


def test_the_report_is_one_file_under_eight_megabytes_that_asks_for_nothing(page):
    _, text = page
    assert len(text.encode()) < MAX_BYTES
    assert not re.search(r'(src|href)="(https?:)?//', without_code(text))


def test_the_report_opens_with_findings_that_link_to_their_sections(page, study):
    text = without_code(page[1])
    links = re.findall(r'<li><a href="#([a-z_-]+)">', text)
    places = re.findall(r'id="([a-z_-]+)"', text)
    assert set(links) <= set(places)
    assert len(set(places)) == len(places)
    assert {section.name for section in study.sections} <= set(places)
    assert {f"chart-{name}" for name in study.figures} <= set(links)


def test_findings_are_numbered_on_from_part_to_part_under_the_title_of_each(page, study):
    lang, text = page
    opening = re.search(r'<section id="findings">(.*?)</section>', text, re.DOTALL).group(1)
    titles = re.findall(r"<h3>([^<]+)</h3>", opening)
    drawn = [section.title.text(lang) for section in study.sections if section.figures]
    assert titles[1:-1] == [escape(title) for title in drawn]
    starts = [int(start) for start in re.findall(r'<ol class="findings" start="(\d+)">', opening)]
    lists = [part.count("<li>") for part in opening.split("<ol ")[1:]]
    assert starts == [1 + sum(lists[:place]) for place in range(len(lists))]
    assert sum(lists) == len(study.findings(lang))


def test_every_chart_stands_with_a_sentence_and_every_table_is_on_the_page(page, study):
    lang, text = page
    for name, figure in study.draw(lang).items():
        assert f'id="fig-{name}"' in text
        assert figure.layout.meta["sentence"][:20].split("<")[0][:10] in text
    for name in study.tables:
        assert f'id="table-{name}"' in text


def test_the_chinese_report_speaks_chinese_in_every_table_header(study, tmp_path):
    text = study.to_html(tmp_path / "zh.html", lang="zh").read_text(encoding="utf-8")
    headers = re.findall(r'class="sort" title="[^"]*">([^<]+)<', text)
    own = {str(c) for table in study.tables.values() for c in table.columns}
    english = {h for h in headers if h.isascii() and h in own}
    assert english <= {"n", "hhi", "gini"} | set(cv.playbook.SCREENING.names) | set(
        cv.playbook.HUNTER_FARMER.scored_names
    )


def test_names_from_the_data_are_text_in_the_report(tmp_path):
    text = nasty_study().to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "=1+1&lt;script&gt;" in text


def test_the_report_shows_long_tables_up_to_a_limit_and_says_so(tmp_path):
    traits = cv.load_traits()
    many = pd.concat([traits.assign(rep=traits["rep"] + f" {i}") for i in range(60)], ignore_index=True)
    text = cv.run_study({"traits": many}, as_of="2026-09-30").to_html(tmp_path / "r.html").read_text(encoding="utf-8")
    assert f"The first 500 of {len(many):,} rows" in text


def test_the_same_study_writes_the_same_files(study, tmp_path):
    for suffix, write in (("html", study.to_html), ("xlsx", study.to_excel)):
        first, second = (write(tmp_path / f"{n}.{suffix}").read_bytes() for n in (1, 2))
        assert first == second


def test_the_workbook_holds_every_table_and_a_contents_sheet_with_links(study, tmp_path):
    book = openpyxl.load_workbook(study.to_excel(tmp_path / "study.xlsx"))
    assert book.sheetnames == ["contents", *[name for name, table in study.tables.items() if len(table.columns)]]
    links = {cell.value: cell.hyperlink.location for row in book["contents"] for cell in row if cell.hyperlink}
    assert links == {name: f"'{name}'!A1" for name in book.sheetnames[1:]}
    sheet = book["concentration_accounts"]
    assert sheet.max_row == len(study.tables["concentration_accounts"]) + 1
    assert (sheet.freeze_panes, sheet.auto_filter.ref is not None) == ("B2", True)
    column = list(study.tables["concentration_accounts"].columns).index("cumulative_share") + 1
    assert sheet.cell(2, column).number_format == "0.0%"
    assert sheet.cell(2, column).value == pytest.approx(
        study.tables["concentration_accounts"]["cumulative_share"].iloc[0]
    )


def test_pareto_and_segments_have_native_charts(study, tmp_path):
    book = openpyxl.load_workbook(study.to_excel(tmp_path / "study.xlsx"))
    assert len(book["concentration_accounts"]._charts) == 1
    assert len(book["segment_summary"]._charts) == 1


def test_no_text_from_the_data_is_a_formula(tmp_path):
    book = openpyxl.load_workbook(nasty_study().to_excel(tmp_path / "study.xlsx"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert sum(cell.value == NASTY for cell in cells) >= 2
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]


def test_missing_values_are_empty_cells_and_never_zero(tmp_path):
    traits = cv.load_traits()
    traits.loc[0, cv.playbook.HUNTER_FARMER.scored_names] = float("nan")
    study = cv.run_study({"traits": traits}, as_of="2026-09-30")
    sheet = openpyxl.load_workbook(study.to_excel(tmp_path / "study.xlsx"))["people"]
    columns = list(study.tables["people"].columns)
    place = study.tables["people"]["rep"].tolist().index(traits["rep"].iloc[0]) + 2
    assert sheet.cell(place, columns.index("lean") + 1).value is None


def test_bands_are_coloured(study, tmp_path):
    book = openpyxl.load_workbook(study.to_excel(tmp_path / "study.xlsx"))
    assert len(book["walls"].conditional_formatting) > 0


@pytest.mark.parametrize("write", ["to_html", "to_excel"])
def test_an_unknown_language_is_refused(study, tmp_path, write):
    with pytest.raises(ValueError, match="lang must be 'en' or 'zh': got 'fr'"):
        getattr(study, write)(tmp_path / "x", lang="fr")
