"""The report in a real browser, in both languages: drawn, sortable, filterable, offline, without a missing glyph."""

import pytest

from tests.browser import open_browser, watched_page
from tests.conftest import ROOT

pytestmark = pytest.mark.browser
SHOTS = ROOT / "build" / "screenshots"


@pytest.fixture(scope="module")
def browser(chromium):
    with open_browser(chromium) as running:
        yield running


@pytest.fixture(params=["en", "zh"])
def report(request, study, browser, cjk_font, tmp_path):
    path = study.to_html(tmp_path / "report.html", lang=request.param)
    page = watched_page(browser, viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page.goto(path.as_uri())
    page.wait_for_function("[...document.querySelectorAll('.chart')].every(chart => chart.querySelector('.main-svg'))")
    yield request.param, page
    page.close()


def test_every_chart_is_drawn_without_errors_or_requests(report, study):
    lang, page = report
    page.wait_for_load_state("networkidle")
    assert page.locator(".chart .main-svg >> nth=0").is_visible()
    drawn = page.evaluate("[...document.querySelectorAll('.chart')].filter(c => c.querySelector('.main-svg')).length")
    assert drawn == len(study.figures)
    assert page.complaints == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in page.requests)
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"report-{lang}.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=SHOTS / f"report-{lang}-dark.png", full_page=True)


def test_a_table_sorts_both_ways_by_number_and_keeps_missing_values_last(report):
    _, page = report
    table = page.locator("#table-concentration_accounts")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    header = table.locator("th", has=page.locator("button")).nth(1)
    values = "rows => rows.map(row => parseFloat(row.cells[1].dataset.v ?? row.cells[1].textContent))"
    header.locator("button").focus()
    page.keyboard.press("Enter")
    ascending = table.locator("tbody tr").evaluate_all(values)
    assert header.get_attribute("aria-sort") == "ascending"
    assert ascending == sorted(ascending)
    assert len(set(ascending)) > 10
    page.keyboard.press("Enter")
    assert table.locator("tbody tr").evaluate_all(values) == sorted(ascending, reverse=True)


def test_a_table_filters_and_downloads_what_is_shown(report):
    _, page = report
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    table = page.locator("#table-segment_accounts")
    box = page.locator("input[data-for='table-segment_accounts']")
    first = table.locator("tbody tr td").first.inner_text()
    box.fill(first)
    shown = table.locator("tbody tr:not([hidden])")
    assert 1 <= shown.count() < table.locator("tbody tr").count()
    with page.expect_download() as saved:
        page.locator("button.csv[data-for='table-segment_accounts']").click()
    lines = saved.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == shown.count() + 1
    assert first in lines[1]


def test_chinese_text_has_glyphs(report):
    lang, page = report
    if lang == "en":
        return
    # A missing glyph is drawn as a box of one fixed shape: two different characters would look alike.
    differ = page.evaluate(
        """() => {
            const draw = (text) => {
                const canvas = document.createElement("canvas");
                const pen = canvas.getContext("2d");
                pen.font = getComputedStyle(document.body).font;
                pen.fillText(text, 10, 50);
                return canvas.toDataURL();
            };
            return draw("\u5ba2") !== draw("\u6237") && draw("\u5ba2") !== draw("\uffff");
        }"""
    )
    assert differ


def test_dates_sort_by_day_and_stages_by_their_place_on_the_ladder(report):
    _, page = report
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    table = page.locator("#table-opportunity_ranking")
    columns = [
        "opportunity",
        "account",
        "owner",
        "region",
        "product",
        "stage",
        "attitude",
        "amount",
        "currency",
        "created",
    ]
    for name, read in (("created", "cell.dataset.v ?? cell.textContent"), ("stage", "cell.dataset.s")):
        place = columns.index(name)
        table.locator("th button").nth(place).click()
        values = table.locator("tbody tr").evaluate_all(
            f"rows => rows.map(row => (cell => {read})(row.cells[{place}]))"
        )
        assert values == sorted(values)
        assert len(set(values)) > 3


def test_no_button_of_a_chart_can_send_it_anywhere(report):
    _, page = report
    assert page.locator(".modebar-btn").count() == 0
