"""Migration, drawn: every account flows once, the matrix holds the counts, words in both languages, names as text."""

import json
import re

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue import playbook
from custvalue.analysis.migration import segment_migration
from custvalue.charts.analysis.migration_flow import plot_migration
from custvalue.charts.analysis.migration_matrix import plot_migration_matrix
from custvalue.charts.theme import ordered_colours

SEGMENTS = list(playbook.ACCOUNT_GRID.segments)
PLOTS = [plot_migration, plot_migration_matrix]


def quarter(segments, **columns):
    return pd.DataFrame({"account": list(segments), "segment": list(segments.values()), **columns})


@pytest.fixture
def five():
    """Return five accounts: one rose, one fell, one stayed, one was lost and one is new."""
    before = quarter({"up": "B20", "down": "A1+", "still": "C3-", "gone": "C3-"}, revenue=[1.0, 2.0, 3.0, 4.0])
    after = quarter({"up": "A20", "down": "B1+", "still": "C3-", "fresh": "A1+"}, revenue=[5e6, 2.0, 3.0, np.nan])
    return segment_migration(before, after, history=pd.DataFrame({"account": ["gone"]}))


@pytest.fixture(scope="module")
def sample():
    accounts = cv.segment_accounts(cv.load_accounts())
    return segment_migration(*(accounts[accounts["period"] == label] for label in ("2025Q2", "2026Q3")))


def flows(figure):
    """Return the flow from node to node by what is written beside them."""
    trace = figure.data[0]
    names = [note.text.split(" · ")[0] for note in figure.layout.annotations]
    link = trace.link
    return {(names[one], names[two]): n for one, two, n in zip(link.source, link.target, link.value, strict=True)}


def test_every_account_flows_from_where_it_was_to_where_it_is(five):
    figure = plot_migration(five)
    assert flows(figure) == {("A", "B"): 1, ("B", "A"): 1, ("C", "C"): 1, ("C", "lost"): 1, ("new", "A"): 1}
    assert [note.text for note in figure.layout.annotations] == [
        *("A · 1", "B · 1", "C · 2", "new · 1"),
        *("A · 2", "B · 1", "C · 1", "lost · 1"),
    ]
    finding = "Of 3 accounts placed in both periods, 1 rose and 1 fell in potential class; 1 new and 1 lost"
    assert figure.layout.meta["finding"] == finding
    assert (
        plot_migration(five, lang="zh").layout.meta["finding"]
        == "两期均已归类的3个客户中，潜力等级上升1个，下降1个；新增1个和流失1个"
    )


def test_names_stand_at_the_middle_of_their_nodes_best_class_on_top(five):
    figure = plot_migration(five)
    middles = [1 - y for y in figure.data[0].node.y]
    assert [note.y for note in figure.layout.annotations] == pytest.approx(middles, abs=1e-5)
    assert middles[:4] == sorted(middles[:4], reverse=True)
    # Four nodes of 1, 1, 2 and 1 of 5 accounts share three quarters of the height, three gaps the rest.
    assert figure.data[0].node.y[:2] == pytest.approx((0.75 / 10, 0.75 / 5 + 0.25 / 3 + 0.75 / 10), abs=1e-5)
    assert list(figure.data[0].node.color[:3]) == ordered_colours(3)[::-1]


def test_rising_and_falling_bands_differ_in_colour_and_the_others_are_grey(five):
    figure = plot_migration(five)
    colours = dict(zip(flows(figure), figure.data[0].link.color, strict=True))
    assert colours["B", "A"].startswith("rgba(0,114,178")
    assert colours["A", "B"].startswith("rgba(213,94,0")
    assert {colours[pair] for pair in [("C", "C"), ("C", "lost"), ("new", "A")]} == {"rgba(117,117,117,0.225)"}


def test_other_angles_join_their_own_classes(five):
    assert flows(plot_migration(five, angle="loyalty")) == {
        ("+", "+"): 1,
        ("0", "0"): 1,
        ("-", "-"): 1,
        ("-", "lost"): 1,
        ("new", "+"): 1,
    }
    assert "loyalty class" in plot_migration(five, angle="loyalty").layout.meta["finding"]
    assert "+: supports us" in plot_migration(five, angle="loyalty").layout.meta["sentence"]


def test_the_hover_text_says_number_share_and_revenue(five):
    hover = dict(zip(flows(plot_migration(five)), plot_migration(five).data[0].link.hovertemplate, strict=True))
    text = hover["B", "A"].replace("<br>", " ")
    assert text == (
        "B 0.5 M to 2 M a year to A above 2 M a year: 1 account, 100 % of B 0.5 M to 2 M a year; "
        "revenue before 1, after 5 M<extra></extra>"
    )
    assert "revenue" not in hover["new", "A"]  # nobody reported it


def test_an_unknown_history_is_said(five):
    same = quarter({"a": "A1+"})
    assert "returned accounts count as new" in plot_migration(segment_migration(same, same)).layout.meta["sentence"]
    assert "returned" not in plot_migration(five).layout.meta["sentence"]


def test_the_flow_of_the_sample_adds_up_to_all_its_accounts(sample):
    for angle in ("potential", "share", "loyalty"):
        assert sum(plot_migration(sample, angle=angle).data[0].link.value) == len(sample.accounts)


def test_the_matrix_holds_the_counts_and_their_share_of_the_row(five, sample):
    trace = plot_migration_matrix(five).data[0]
    at = SEGMENTS.index
    assert (trace.text[at("B20")][at("A20")], trace.z[at("B20")][at("A20")]) == ("1", 1.0)
    assert (trace.text[at("C3-")][at("C3-")], trace.z[at("C3-")][at("C3-")]) == ("1", 1.0)
    assert trace.z[at("A20")][at("A20")] is None
    assert trace.hovertext[at("B20")][at("A20")] == "B20 → A20: 1 / 1 = 100 %"
    drawn = [[int(text or 0) for text in row] for row in plot_migration_matrix(sample).data[0].text]
    assert np.array_equal(drawn, sample.matrix().to_numpy())


def test_the_matrix_says_who_stayed_and_the_most_frequent_moves(five):
    figure = plot_migration_matrix(five)
    assert figure.layout.meta["finding"] == (
        "1 of 3 accounts (33 %) stayed in their segment; the commonest moves: A1+ to B1+ and B20 to A20, 1 account each"
    )
    assert "Not shown: 1 new and 1 lost." in figure.layout.meta["sentence"]
    assert "未显示：新增1个和流失1个。" in plot_migration_matrix(five, lang="zh").layout.meta["sentence"]


def test_more_ties_than_can_be_named_are_counted():
    pairs = {f"{number}": segment for number, segment in enumerate(["A1+", "A10", "A1-", "A2+"])}
    figure = plot_migration_matrix(segment_migration(quarter(pairs), quarter(dict.fromkeys(pairs, "C3-"))))
    assert figure.layout.meta["finding"] == (
        "0 of 4 accounts (0 %) stayed in their segment; the commonest moves: 4 ways of 1 account each"
    )


def test_eight_ways_of_two_accounts_are_not_most_of_twenty_that_moved():
    # Eight ways of two and four of one: the eight commonest hold 16 of 20, each way 2 of 20.
    names = [name for name in SEGMENTS if name != "C3-"][:12]
    pairs = {f"{name}{copy}": name for rank, name in enumerate(names) for copy in range(2 if rank < 8 else 1)}
    before, after = quarter(pairs), quarter(dict.fromkeys(pairs, "C3-"))
    result = segment_migration(before, after)
    assert plot_migration_matrix(result).layout.meta["finding"] == (
        "0 of 20 accounts (0 %) stayed in their segment; the commonest moves: 8 ways of 2 accounts each"
    )
    assert plot_migration_matrix(result, lang="zh").layout.meta["finding"].endswith("；最常见的变动有8种，各2个客户")


def test_the_periods_are_named_where_they_are_known_also_a_year_apart(five, sample):
    assert sample.summary[["period_before", "period_after"]].iloc[0].tolist() == ["2025Q2", "2026Q3"]
    flow, matrix = plot_migration(sample).layout, plot_migration_matrix(sample).layout
    assert "placed in both 2025Q2 and 2026Q3, " in flow.meta["finding"]
    assert "Left 2025Q2, right 2026Q3." in flow.meta["sentence"]
    assert "Rows: segment in 2025Q2; columns: segment in 2026Q3." in matrix.meta["sentence"]
    assert "2025Q2和2026Q3均已归类" in plot_migration(sample, lang="zh").layout.meta["finding"]
    assert five.summary[["period_before", "period_after"]].isna().to_numpy().all()
    assert "Left the period before, right the one after." in plot_migration(five).layout.meta["sentence"]


def test_nobody_moved_is_not_a_most_frequent_move():
    same = quarter({"a": "A1+"})
    finding = plot_migration_matrix(segment_migration(same, same)).layout.meta["finding"]
    assert finding == "1 of 1 account (100 %) stayed in their segment"


@pytest.mark.parametrize(("n", "written"), [(999, True), (1000, False)])
def test_numbers_of_four_digits_are_in_the_hover_text_only(n, written):
    many = pd.DataFrame({"account": range(n), "segment": "A1+"})
    trace = plot_migration_matrix(segment_migration(many, many)).data[0]
    assert (trace.text is not None) == written
    assert trace.hovertext[0][0] == f"A1+ → A1+: {n:,} / {n:,} = 100 %"


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nobody_placed_twice_and_nobody_at_all_are_said(plot, lang):
    unplaced = quarter({"a": None, "b": "A1+"})
    finding = plot(segment_migration(unplaced, quarter({"a": "A1+"})), lang=lang).layout.meta["finding"]
    assert (
        finding
        == {
            "en": "None of 2 accounts is placed in both periods; 1 lost and 1 unplaced",
            "zh": "2个客户中无一在两期均已归类；流失1个和未归类1个",
        }[lang]
    )
    nobody = unplaced.iloc[:0]
    empty = plot(segment_migration(nobody, nobody), lang=lang)
    assert empty.layout.title.text == {"en": "Nothing to show", "zh": "没有可显示的内容"}[lang]
    assert len(empty.data) == 0


@pytest.mark.parametrize("plot", PLOTS)
def test_a_chinese_figure_has_no_english_word_and_an_english_one_no_chinese(plot, sample):
    for lang, foreign in (("zh", r"[A-Za-z]{2,}"), ("en", r"[\u4e00-\u9fff]")):
        figure = json.loads(plot(sample, lang=lang).to_json())
        texts = [figure["layout"]["title"]["text"], figure["layout"]["title"]["subtitle"]["text"]]
        texts += [*figure["layout"]["meta"].values(), figure["data"][0]["name"]]
        texts += [note["text"] for note in figure["layout"].get("annotations", [])]
        trace = figure["data"][0]
        for part in ("link", "node"):
            texts += trace.get(part, {}).get("hovertemplate", [])
        texts += [text for row in trace.get("hovertext", []) for text in row]
        texts += [trace.get("colorbar", {}).get("title", {}).get("text", "")]
        for text in texts:
            assert not re.search(foreign, re.sub("<br>|<extra></extra>", " ", text)), text
        assert figure["layout"]["meta"]["sentence"].endswith("。" if lang == "zh" else ".")


def test_class_names_are_text_and_never_markup():
    usual = playbook.ACCOUNT_GRID
    evil = cv.rules.AccountGrid(
        potential=usual.potential,
        share=usual.share,
        loyalty=("<b>", "$x$", "%{y}"),
        loyalty_labels=usual.loyalty_labels,
        headroom_target=0.7,
        source="own",
    )
    one = quarter({"a": "A1<b>", "b": "B2$x$", "c": "C3%{y}"})
    result = segment_migration(one, one, grid=evil)
    figure = plot_migration(result, angle="loyalty", grid=evil)
    notes = {note.text for note in figure.layout.annotations}
    assert notes == {"&lt;b&gt; · 1", "&#36;x&#36; · 1", "%&#123;y} · 1"}
    for text in figure.data[0].link.hovertemplate:
        bare = text.replace("<br>", "").replace("<extra></extra>", "")
        assert not re.search(r"<|\$|%\{", bare)
    assert plot_migration_matrix(result).layout.xaxis.ticktext[0] == "A1&lt;b&gt;"


@pytest.mark.parametrize("plot", PLOTS)
def test_a_figure_of_200_000_accounts_stays_below_100_kb(plot):
    draw = np.random.default_rng(1)
    levels = pd.CategoricalDtype(SEGMENTS, ordered=True)
    before, after = (
        pd.DataFrame(
            {
                "account": np.arange(200_000),
                "segment": pd.Categorical.from_codes(draw.integers(0, 27, 200_000), dtype=levels),
            }
        )
        for _ in range(2)
    )
    result = segment_migration(before, after)
    for lang in ("en", "zh"):
        assert len(plot(result, lang=lang).to_json().encode()) < 100_000


@pytest.mark.parametrize("plot", PLOTS)
def test_anything_but_the_whole_result_is_refused(plot, five):
    with pytest.raises(cv.rules.errors.InputError, match="draws what segment_migration returned: got DataFrame"):
        plot(five.moves)
    with pytest.raises(cv.rules.errors.InputError, match="lang must be"):
        plot(five, lang="de")


def test_an_unknown_angle_and_a_foreign_grid_are_refused(five):
    with pytest.raises(cv.rules.errors.InputError, match="angle must be one of the three: got 'size'"):
        plot_migration(five, angle="size")
    usual = playbook.ACCOUNT_GRID
    other = cv.rules.AccountGrid(usual.potential, usual.share, ("y", "n"), usual.loyalty_labels[:2], 0.7, "own")
    with pytest.raises(cv.rules.errors.InputError, match="classes must be on the grid"):
        plot_migration(five, angle="loyalty", grid=other)
