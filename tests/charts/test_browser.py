"""The charts in a real browser: names read literally, and no text is cut off by the edge of the figure."""

import plotly.offline
import pytest

from tests.browser import open_browser, watched_page

EVIL = ["<b>x</b> & %{y}", "=1+1", "<a href='https://example.com'>go</a>", "%{meta.sentence}", "&lt;i&gt;"]
LONG = ["上海巨人塑料制品有限公司第二分公司", "Shanghai Giant Plastics Manufacturing", "乙公司", "丙公司"]
WIDTHS = (480, 600, 900)
REPORT_INK = "rgb(230, 232, 234)"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium):
    with open_browser(chromium) as running:
        yield running


def shown(browser, figures, width=900, style=""):
    """Return a page that shows the figures, each in a box of its own."""
    boxes = "".join(
        f"<div class='box' id='box-{place}' style='width:{width}px'>"
        + figure.to_html(full_html=False, include_plotlyjs=False, include_mathjax=False, div_id=f"figure-{place}")
        + "</div>"
        for place, figure in enumerate(figures)
    )
    page = watched_page(browser, viewport={"width": width + 100, "height": 800})
    head = f"<style>{style}</style><script>{plotly.offline.get_plotlyjs()}</script>"
    page.set_content(f"<html><head>{head}</head><body>{boxes}</body></html>")
    page.wait_for_function("document.querySelectorAll('.main-svg .infolayer').length >= " + str(len(figures)))
    return page


def test_names_read_literally_on_the_axis_and_when_pointed_at(browser, cases):
    page = shown(browser, [cases["scores"].plot(cases["scores"].make(EVIL))])
    ticks = page.locator(".ytick text").all_text_contents()
    assert set(ticks) == {name if len(name) < 24 else name[:23] + "…" for name in EVIL}
    page.evaluate("Plotly.Fx.hover('figure-0', [{curveNumber: 1, pointNumber: 0}])")
    hovered = " ".join(page.locator(".hoverlayer text").all_text_contents())
    assert any(f"{name} has" in hovered for name in EVIL), hovered
    assert page.locator("svg a").count() == 0
    assert page.complaints == []
    assert [address for address in page.requests if not address.startswith(("about:", "data:", "blob:"))] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_is_cut_off_by_the_edge(browser, cases, lang, width):
    figures = [case.plot(case.make(LONG), lang=lang) for case in cases.values()]
    page = shown(browser, figures, width)
    assert page.locator(".main-svg text").count() > 20 * len(figures)
    outside = page.evaluate(
        """() => [...document.querySelectorAll('.box')].flatMap(box => {
            const frame = box.querySelector('.main-svg').getBoundingClientRect();
            return [...box.querySelectorAll('.main-svg text')].filter(text => {
                const r = text.getBoundingClientRect();
                return r.width && (r.left < frame.left - 1 || r.right > frame.right + 1
                    || r.top < frame.top - 1 || r.bottom > frame.bottom + 1);
            }).map(text => box.id + ': ' + text.textContent);
        })"""
    )
    assert outside == []
    assert page.complaints == []


def test_no_two_texts_lie_on_each_other_in_a_narrow_window(browser, cases, lang):
    names = [f"Giant Plastics {k}" for k in range(20)]
    rows = ("scores", "walls", "people", "pipeline", "segments", "expected_revenue", "selling_time")
    page = shown(browser, [cases[name].plot(cases[name].make(names), lang=lang) for name in rows], 600)
    overlapping = page.evaluate(
        """() => [...document.querySelectorAll('.box')].flatMap(box => {
            const texts = [...box.querySelectorAll('.main-svg text')].map(text => [text, text.getBoundingClientRect()])
                .filter(([text, r]) => r.width && !/rotate\\((?!0)/.test(text.getAttribute('transform') || ''));
            return texts.flatMap(([one, a], place) => texts.slice(place + 1).filter(([other, b]) =>
                Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3
                && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 5
            ).map(([other]) => box.id + ': ' + one.textContent + ' | ' + other.textContent));
        })"""
    )
    assert overlapping == []


def test_a_dark_page_repaints_every_grey_text_by_one_selector_and_leaves_the_numbers_in_cells(browser, cases):
    style = f".box text[style*='rgb(117, 117, 117)'] {{ fill: {REPORT_INK} !important; }}"
    figures = [case.plot(case.make(LONG)) for case in cases.values()]
    page = shown(browser, figures, style=style)
    fills = page.evaluate(
        "() => [...document.querySelectorAll('.main-svg text')].map(t => [getComputedStyle(t).fill, t.textContent])"
    )
    in_cells = {"rgb(17, 17, 17)", "rgb(255, 255, 255)"}
    assert {fill for fill, _ in fills} <= {REPORT_INK, *in_cells}
    assert sum(fill == REPORT_INK for fill, _ in fills) > 20 * len(figures)
