"""The charts in a real browser: names read literally, and no text is cut off by the edge of the figure."""

import plotly.offline
import pytest

from tests.browser import open_browser, watched_page

EVIL = ["<b>x</b> & %{y}", "=1+1", "<a href='https://example.com'>go</a>", "%{meta.sentence}", "&lt;i&gt;"]
LONG = ["上海巨人塑料制品有限公司第二分公司", "Shanghai Giant Plastics Manufacturing", "乙公司", "丙公司"]
WIDTH = 900

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium):
    with open_browser(chromium) as running:
        yield running


def shown(browser, figures):
    """Return a page that shows the figures, each in a box of its own."""
    boxes = "".join(
        f"<div class='box' id='box-{place}' style='width:{WIDTH}px'>"
        + figure.to_html(full_html=False, include_plotlyjs=False, include_mathjax=False, div_id=f"figure-{place}")
        + "</div>"
        for place, figure in enumerate(figures)
    )
    page = watched_page(browser, viewport={"width": WIDTH + 100, "height": 800})
    page.set_content(f"<html><head><script>{plotly.offline.get_plotlyjs()}</script></head><body>{boxes}</body></html>")
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


def test_no_text_is_cut_off_by_the_edge(browser, cases, lang):
    figures = [case.plot(case.make(LONG), lang=lang) for case in cases.values()]
    page = shown(browser, figures)
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
