"""The distribution with its target, and the tornado: what is drawn is what the results hold."""

import numpy as np
import pandas as pd
import pytest

from custvalue.charts.tracking.distribution import plot_revenue_distribution
from custvalue.charts.tracking.influence import plot_deal_influence
from custvalue.rules import playbook
from custvalue.rules.errors import InputError
from custvalue.tracking.distribution import revenue_distribution
from custvalue.tracking.influence import deal_influence

AS_OF = "2026-09-15"


def deals(n=40):
    draw = np.random.default_rng(n)
    return pd.DataFrame(
        {
            "opportunity": [f"<b>商机{k}$x$</b>" for k in range(n)],
            "amount": draw.lognormal(10, 1, n),
            "stage": draw.choice(playbook.DEAL_HEAT.names[:5], n),
            "outcome": pd.Series([None] * n, dtype="str"),
            "expected_close": pd.Timestamp("2026-09-30"),
        }
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("correlation", [0, 0.2])
def test_the_curve_falls_through_the_target_and_says_what_is_assumed(lang, correlation):
    revenue = revenue_distribution(deals(), correlation=correlation, as_of=AS_OF)
    target = revenue.quantile(0.7)
    figure = plot_revenue_distribution(revenue, target=target, lang=lang)
    curve, mark = figure.data
    assert (np.diff(curve.x) > 0).all()
    assert (np.diff(curve.y) <= 0).all()
    assert mark.y[1] == pytest.approx(revenue.at_least(target), abs=1e-5)
    for text in (figure.layout.title.subtitle.text.replace("<br>", " "), figure.layout.meta["sentence"]):
        words = {"en": ("independent deals", "common factor"), "zh": ("相互独立", "共同因素")}[lang]
        assert words[correlation > 0] in text.replace(" ", "" if lang == "zh" else " ")
    lines = [shape.x0 for shape in figure.layout.shapes]
    assert lines == pytest.approx(revenue.quantile([0.1, 0.5, 0.9]), rel=1e-5)
    assert len(figure.to_json()) < 100_000


def test_a_few_outcomes_are_drawn_as_steps():
    figure = plot_revenue_distribution(revenue_distribution(deals(3), correlation=0, as_of=AS_OF))
    assert figure.data[0].line.shape == "vh"
    assert "80 % chance" in figure.layout.meta["finding"]


@pytest.mark.parametrize(("lang", "words"), [("en", "Nothing to show"), ("zh", "没有可显示的内容")])
def test_nothing_uncertain_is_said(lang, words):
    empty = deals().iloc[:0]
    assert (
        plot_revenue_distribution(revenue_distribution(empty, correlation=0, as_of=AS_OF), lang=lang).layout.title.text
        == words
    )
    found = deal_influence(empty, correlation=0, target=5, as_of=AS_OF)
    assert plot_deal_influence(found, lang=lang).layout.title.text == words


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_tornado_has_the_widest_swings_on_top(lang):
    found = deal_influence(deals(), correlation=0, target=6e5, as_of=AS_OF)
    figure = plot_deal_influence(found, lang=lang)
    first = found.deals.sort_values("rank").head(15)
    now = found.summary["chance_at_least"].iloc[0]
    lost, won = figure.data
    assert np.add(lost.base, lost.x) == pytest.approx(first["chance_if_lost"], abs=1e-5)
    assert np.add(won.base, won.x) == pytest.approx(first["chance_if_won"], abs=1e-5)
    assert won.base[0] == pytest.approx(now, abs=1e-5)
    assert len(won.y) == 15
    assert figure.layout.yaxis.ticktext[0].startswith("&lt;b&gt;商机")
    assert {"en": "hangs on", "zh": "取决于"}[lang] in figure.layout.meta["finding"]
    assert len(figure.to_json()) < 100_000


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_tornado_of_correlated_deals_shows_what_it_is_sorted_by(lang):
    found = deal_influence(deals(), correlation=0.3, target=6e5, as_of=AS_OF)
    figure = plot_deal_influence(found, lang=lang)
    first = found.deals.sort_values("rank").head(15)
    _, _, alone = figure.data
    length, base = np.array(alone.x), np.array(alone.base)
    assert (np.diff(length) <= 0).all()
    assert length == pytest.approx(first["swing_alone"].to_numpy(), abs=1e-5)
    # The whole bars are wider than what sorts them, and need not come in that order.
    assert (first["swing"] > first["swing_alone"]).all()
    assert not first["swing"].is_monotonic_decreasing
    assert (base >= first["chance_if_lost"] - 1e-5).all()
    assert (base + length <= first["chance_if_won"] + 1e-5).all()
    assert {"en": "Sorted by what the deal's own money moves", "zh": "自身金额"}[lang] in figure.layout.meta["sentence"]
    independent = plot_deal_influence(deal_influence(deals(), correlation=0, target=6e5, as_of=AS_OF), lang=lang)
    assert len(independent.data) == 2
    assert {"en": "Sorted by", "zh": "自身金额的影响（内条）"}[lang] not in independent.layout.meta["sentence"]


def test_other_results_are_refused():
    with pytest.raises(InputError, match="draws a RevenueDistribution"):
        plot_revenue_distribution(pd.DataFrame())
    with pytest.raises(InputError, match="draws a DealInfluence"):
        plot_deal_influence(pd.DataFrame())
    with pytest.raises(InputError, match="lang must be"):
        plot_revenue_distribution(revenue_distribution(deals(), correlation=0, as_of=AS_OF), lang="fr")
