"""The sections on movement, outlook and evidence: what they are taken from, and that none looks past the day."""

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.rules.labels import Label
from custvalue.study.formats import cell_text, column_format, in_language
from custvalue.study.inputs import Inputs
from custvalue.study.parts.accounts import whole_periods
from custvalue.study.parts.section import LeftOut, Piece, section_of
from custvalue.study.words import TABLE_TITLES

AS_OF = "2026-09-30"
PAST = pd.Timestamp("2025-08-15")
LATER_COLUMNS = {"sales": "date", "snapshots": "snapshot", "forecasts": "submitted", "stage_history": "entered"}


def frames():
    return {
        "opportunities": cv.load_opportunities(),
        "stage_history": cv.load_stage_history(),
        "snapshots": cv.load_snapshots(),
        "forecasts": cv.load_forecasts(),
        "targets": cv.load_targets(),
        "accounts": cv.load_accounts(),
        "sales": cv.load_sales(),
        "prospects": cv.load_prospects(),
    }


def notes_of(study, name):
    return " ".join(note.en for section in study.sections if section.name == name for note in section.notes)


def known_on(day):
    """Return the sample as it would have been exported on a day, with the periods over by then."""
    tables = frames()
    for kind, column in LATER_COLUMNS.items():
        tables[kind] = tables[kind][tables[kind][column] <= day]
    accounts = tables["accounts"]
    tables["accounts"] = accounts[accounts["period"].isin(["2024Q4", "2025Q1", "2025Q2"])]
    deals = tables["opportunities"][tables["opportunities"]["created"] <= day]
    later = deals["closed"] > day
    tables["opportunities"] = deals.assign(
        outcome=deals["outcome"].mask(later), closed=deals["closed"].mask(later), probability=float("nan")
    )
    return tables


# Stage, amount and expected close of an open deal are today's: what rests on them is not given for a past day.
HISTORICAL = (
    "concentration_by_period",
    "concentration_trend",
    "next_period",
    "migration_summary",
    "migration_angles",
    "downgraded_accounts",
    "segment_projection",
    "projection_score",
    "lifecycle_periods",
    "lifecycle_steps",
    "overdue_accounts",
    "slippage",
    "movement_summary",
    "movement_by_owner",
    "revenue_fan",
    "judged_forecasts",
    "forecast_baselines",
    "forecast_accuracy_by_lead",
    "reliability",
    "stage_maturity",
)


@pytest.fixture(scope="module")
def past():
    return cv.run_study(frames(), as_of=PAST)


@pytest.fixture(scope="module")
def exported():
    return cv.run_study(known_on(PAST), as_of=PAST)


@pytest.mark.parametrize("name", HISTORICAL)
def test_a_past_day_gives_what_an_export_of_that_day_would_have_given(past, exported, name):
    assert len(past.tables[name]) > 0
    pd.testing.assert_frame_equal(past.tables[name], exported.tables[name], check_dtype=False)


def test_a_past_day_leaves_out_what_rests_on_how_open_deals_stand_today(past):
    assert not {"follow_up", "coverage", "forecast_categories", "revenue_distribution"} & set(past.tables)
    assert "so they do not say how open deals stood on it" in notes_of(past, "tracking")
    assert "Left out: distribution of revenue (the opportunities hold events after the as-of day" in notes_of(
        past, "distribution"
    )


def test_the_movement_runs_from_the_last_snapshot_before_the_period_to_the_latest(study):
    seen = cv.load_snapshots()
    opening = seen[seen["snapshot"] == seen.loc[seen["snapshot"] <= "2026-07-01", "snapshot"].max()]
    closing = seen[seen["snapshot"] == seen["snapshot"].max()]
    summary = study.tables["movement_summary"].iloc[0]
    assert (summary["opening"], summary["closing"]) == (opening["amount"].sum(), closing["amount"].sum())
    bars = study.tables["pipeline_movement"].set_index("bar")["amount_signed"]
    assert bars.drop("closing").sum() == bars["closing"]
    by_owner = study.tables["movement_by_owner"]
    assert by_owner["closing"].sum() == summary["closing"]


def test_without_a_snapshot_before_the_period_there_is_no_movement():
    seen = cv.load_snapshots()
    tables = {"snapshots": seen[seen["snapshot"] > "2026-07-01"], "opportunities": cv.load_opportunities()}
    study = cv.run_study(tables, as_of=AS_OF)
    assert "pipeline_movement" not in study.tables
    assert "snapshots must be there from 2026-07-01 or before" in notes_of(study, "movement")


def test_the_distribution_is_of_the_period_ahead_with_independent_deals_beside_it(study):
    table = study.tables["revenue_distribution"]
    assert table["period"].tolist() == ["2026Q4", "2026Q4"]
    assert table["correlation"].tolist() == [0.2, 0.0]
    expected = study.tables["expected_revenue"].set_index("period")["expected_open"]["2026Q4"]
    assert table["mean"].to_numpy() == pytest.approx([expected, expected])
    assert table["sd"].iloc[0] > 1.5 * table["sd"].iloc[1]


def test_the_fan_is_of_the_studys_period_with_its_target_and_narrows(study):
    fan = study.tables["revenue_fan"]
    days = cv.load_snapshots()["snapshot"]
    assert fan["snapshot"].tolist() == sorted(days[days.between("2026-07-01", "2026-09-30")].unique())
    assert set(fan["period"]) == {"2026Q3"}
    assert fan["correlation"].unique().tolist() == [0.2]
    width = fan["p90"] - fan["p10"]
    assert width.iloc[-1] < width.iloc[0] / 4
    deals = cv.load_opportunities()
    in_time = (deals["outcome"] == "won") & deals["closed"].between("2026-07-01", fan["snapshot"].iloc[-1])
    assert fan["won"].iloc[-1] == deals.loc[in_time, "amount"].sum()
    target = cv.load_targets().query("period == '2026Q3'")["target"].sum()
    figure = study.figures["revenue_fan"]
    assert any(np.allclose(np.asarray(trace.y, dtype=float), target, rtol=1e-5) for trace in figure.data)


def test_without_snapshots_in_the_period_there_is_no_fan():
    seen = cv.load_snapshots()
    tables = {"opportunities": cv.load_opportunities(), "snapshots": seen[seen["snapshot"] < "2026-07-01"]}
    study = cv.run_study(tables, as_of=AS_OF)
    assert "revenue_fan" not in study.tables
    assert "Left out: the fan by week (no snapshot was taken in 2026Q3)" in notes_of(study, "distribution")


@pytest.mark.parametrize("name", ["coverage", "velocity", "time_in_stage"])
def test_notes_are_shown_in_the_reports_language(study, name):
    table = study.tables[name]
    english, chinese = (in_language(table, lang)["note"] for lang in ("en", "zh"))
    assert "note_zh" not in in_language(table, "zh")
    said = english != ""
    assert said.any() or name == "time_in_stage"
    assert english[said].str.isascii().all()
    assert not chinese[said].str.isascii().any()
    assert (chinese[~said] == "").all()


def test_a_missing_target_is_stood_in_for_and_one_that_is_there_is_used(study):
    targets = cv.load_targets()
    last = targets.loc[targets["period"] == "2026Q3", "target"].sum()
    assert study.tables["revenue_distribution"]["target"].tolist() == [last, last]
    assert f"that of 2026Q3, {last:,.0f}, stands in for it" in notes_of(study, "distribution")
    ahead = pd.DataFrame({"owner": ["Li"], "period": ["2026Q4"], "target": [1e6]})
    tables = {"opportunities": cv.load_opportunities(), "targets": pd.concat([targets, ahead])}
    again = cv.run_study(tables, as_of=AS_OF)
    assert again.tables["revenue_distribution"]["target"].tolist() == [1e6, 1e6]
    assert "stands in" not in notes_of(again, "distribution")
    assert again.tables["revenue_distribution"]["chance_at_least"].iloc[0] > 0.99


def test_without_targets_no_chance_of_target_is_given():
    study = cv.run_study({"opportunities": cv.load_opportunities()}, as_of=AS_OF)
    assert "chance_at_least" not in study.tables["revenue_distribution"]
    assert "deal_influence" not in study.tables
    assert "There are no targets" in notes_of(study, "distribution")


def test_the_running_period_is_the_one_ahead():
    deals = cv.load_opportunities()
    early = deals[(deals["created"] <= "2026-08-15") & ~(deals["closed"] > "2026-08-15")]
    study = cv.run_study({"opportunities": early}, as_of="2026-08-15")
    assert set(study.tables["revenue_distribution"]["period"]) == {"2026Q3"}


def test_certainty_stands_where_the_potential_is_an_interval(study):
    assert "potential_low" in notes_of(study, "segments")
    accounts = cv.load_accounts()
    ends = {"potential_low": 0.7 * accounts["potential"], "potential_high": 1.4 * accounts["potential"]}
    again = cv.run_study({"accounts": accounts.assign(**ends)}, as_of=AS_OF)
    summary = again.tables["certainty_summary"]
    assert summary["n"].tolist() == study.tables["segment_summary"]["n"].tolist()
    assert summary["expected_n"].sum() == pytest.approx(summary["n"].sum())
    assert "threshold_sensitivity" in again.figures


def test_migration_is_of_the_last_two_whole_quarters(study):
    accounts = cv.load_accounts()
    segmented = cv.segment_accounts(accounts)
    before, after = (segmented[segmented["period"] == label] for label in ("2026Q2", "2026Q3"))
    now = cv.segment_migration(before, after, history=segmented).accounts
    down = study.tables["downgraded_accounts"]
    assert set(down["account"]) == set(now.loc[now["movement"] == "downgraded", "account"])
    assert down["revenue_before"].is_monotonic_decreasing
    assert study.tables["projection_score"]["period"].isna().tolist() == [True]


def test_one_quarter_of_accounts_leaves_migration_out():
    accounts = cv.load_accounts()
    study = cv.run_study({"accounts": accounts[accounts["period"] == "2026Q3"]}, as_of=AS_OF)
    reason = study.left_out.set_index("part")["reason"]["migration"]
    assert reason == "accounts must have 2 or more successive periods that are over; there are 1"
    assert "next_period" not in study.tables


@pytest.mark.parametrize(
    ("as_of", "labels", "kept"),
    [
        ("2026-09-30", ["2026Q1", "2026Q2", "2026Q3"], ["2026Q1", "2026Q2", "2026Q3"]),
        ("2026-09-29", ["2026Q1", "2026Q2", "2026Q3"], ["2026Q1", "2026Q2"]),
        ("2026-09-30", ["2025Q4", "2026Q2", "2026Q3"], ["2026Q2", "2026Q3"]),
        ("2026-05-15", ["2026Q2", "2026Q3"], []),
    ],
)
def test_whole_periods_are_over_and_follow_each_other(as_of, labels, kept):
    day = pd.Timestamp(as_of)
    inputs = Inputs({}, day, day.to_period("Q-DEC"), "Q-DEC", cv.playbook.DEAL_HEAT)
    assert whole_periods(inputs, pd.DataFrame({"period": labels[::-1]})) == kept


def test_growth_runs_on_accounts_or_on_sales_lines_alone():
    accounts = cv.run_study({"accounts": cv.load_accounts()}, as_of=AS_OF)
    assert set(accounts.tables["growth_groups"]["dimension"]) == {"segment", "region"}
    assert "Left out: customer lifecycle (there is no table of sales)." in notes_of(accounts, "growth")
    sales = cv.run_study({"sales": cv.load_sales()}, as_of=AS_OF)
    assert {"lifecycle_periods", "overdue_accounts"} <= set(sales.tables)
    assert "Without opportunities there are no prospects" in notes_of(sales, "growth")


def test_the_scorecard_is_judged_only_where_won_and_lost_are_known(study):
    prospects = cv.load_prospects()
    known = prospects["outcome"].notna()
    assert study.tables["evidence_summary"]["n"].tolist() == [known.sum()]
    assert study.tables["evidence_bands"][["n_won", "n_lost"]].sum().sum() == known.sum()
    again = cv.run_study({"prospects": prospects[prospects["outcome"] != "lost"]}, as_of=AS_OF)
    assert "both won and lost" in again.left_out.set_index("part")["reason"]["evidence"]


def test_contributions_add_up_to_the_score(study):
    scored = study.tables["prospect_scores"]
    added = scored[[f"contribution_{name}" for name in cv.playbook.SCREENING.names]].sum(axis=1, skipna=False)
    pd.testing.assert_series_equal(added, scored["score"], check_names=False)


def test_ranks_under_drawn_weights_are_of_the_open_prospects_with_every_answer(study):
    table = study.tables["score_sensitivity"]
    scored = study.tables["prospect_scores"]
    assert set(table["prospect"]) == set(scored.loc[scored["rank"].notna(), "prospect"])
    assert table["rank"].is_monotonic_increasing
    shares = table[[f"band_share_of_weight_draws_{band}" for band in cv.playbook.SCREENING.bands.names]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx([1.0] * len(table))
    assert column_format(table, "top_5_share_of_weight_draws") == "percent"
    assert "fairly sure" in notes_of(study, "screening")


def test_a_folder_with_ratings_gets_rater_agreement(study):
    expected = cv.rater_agreement(cv.load_ratings(), seed=0)
    pd.testing.assert_frame_equal(study.tables["rater_agreement_criteria"], expected.criteria)
    assert len(study.tables["rater_pairs"]) == len(expected.pairs)
    assert "rater_agreement" in study.figures
    assert not {"ratings", "ratings.csv"} & set(study.left_out["part"])


def test_without_ratings_the_screening_says_so_and_ratings_alone_are_enough():
    without = cv.run_study({"prospects": cv.load_prospects()}, as_of=AS_OF)
    assert "rater_agreement" not in without.tables
    assert "Left out: rater agreement (there is no table of ratings)." in notes_of(without, "screening")
    alone = cv.run_study({"ratings": cv.load_ratings()}, as_of=AS_OF)
    assert {"rater_agreement", "rater_pairs"} <= set(alone.tables)
    assert "Left out: scores of the prospects (there is no table of prospects)." in notes_of(alone, "screening")


def test_ratings_of_other_criteria_are_counted_and_left_out():
    ratings = cv.load_ratings()
    other = ratings.drop_duplicates(["prospect", "rater"]).head(7).assign(criterion="own question")
    study = cv.run_study({"ratings": pd.concat([ratings, other])}, as_of=AS_OF)
    assert "7 ratings of criteria that are not on the scorecard are left out." in notes_of(study, "screening")
    pd.testing.assert_frame_equal(
        study.tables["rater_agreement_criteria"], cv.rater_agreement(ratings, seed=0).criteria
    )
    only = cv.run_study({"ratings": other, "prospects": cv.load_prospects()}, as_of=AS_OF)
    assert "rater_agreement" not in only.tables
    assert "no rating is of a criterion of the scorecard" in notes_of(only, "screening")


def test_the_priority_grid_holds_the_open_deals_by_the_ladders_chance(study):
    cells = study.tables["priority_grid"]
    ranking = study.tables["opportunity_ranking"]
    assert cells["n"].sum() == ranking["expected"].notna().sum()
    assert cells["expected"].sum() == pytest.approx(ranking["expected"].sum())
    deals = cv.load_opportunities()
    elsewhere = cv.run_study({"opportunities": deals.assign(currency="USD")}, as_of=AS_OF)
    assert "priority_grid" not in elsewhere.tables


def test_prospects_who_are_all_decided_leave_nobody_to_rank():
    prospects = cv.load_prospects().dropna(subset="outcome")
    study = cv.run_study({"prospects": prospects}, as_of=AS_OF)
    assert study.tables["score_sensitivity"].empty
    assert "no ranked prospects" in study.figures["rank_intervals"].layout.meta["finding"]


def test_forecasts_are_judged_eight_weeks_ahead_and_later_ones_err_less(study):
    judged = study.tables["judged_forecasts"]
    assert (judged["lead_weeks"] >= 8).all()
    by_lead = study.tables["forecast_accuracy_by_lead"].set_index("weeks_before")
    assert by_lead.index.tolist() == [8, 4, 2, 0]
    assert by_lead.loc[8, "n"] == len(judged)
    assert by_lead.loc[0, "wape"] < by_lead.loc[8, "wape"]
    assert study.tables["forecast_baselines"]["baseline"].tolist()[-1] == "weighted_pipeline"


def test_won_deals_of_nobody_or_of_no_day_are_counted_and_in_nobodys_actual():
    deals = cv.load_opportunities()
    won = deals.index[(deals["outcome"] == "won") & (deals["closed"] >= "2026-01-01")][:2]
    holes = deals.copy()
    holes.loc[won[0], "owner"], holes.loc[won[1], "closed"] = None, pd.NaT
    tables = {"forecasts": cv.load_forecasts(), "opportunities": holes}
    study = cv.run_study(tables, as_of=AS_OF)
    assert "Won deals without owner or close date: 2." in notes_of(study, "accuracy")
    whole = cv.run_study(tables | {"opportunities": deals}, as_of=AS_OF)
    missing = whole.tables["judged_forecasts"]["actual"].sum() - study.tables["judged_forecasts"]["actual"].sum()
    assert missing == pytest.approx(deals.loc[won, "amount"].sum())


def test_entries_of_unknown_deals_are_counted_and_left_out():
    deals = cv.load_opportunities()
    fewer = deals.iloc[20:]
    gone = cv.load_stage_history()["opportunity"].isin(deals["opportunity"].iloc[:20]).sum()
    study = cv.run_study({"opportunities": fewer, "stage_history": cv.load_stage_history()}, as_of=AS_OF)
    assert f"{gone} entries of deals that are not among the opportunities" in notes_of(study, "accuracy")
    unfiltered = cv.stage_entries(cv.load_stage_history(), deals, as_of=AS_OF).maturity["n"].sum()
    assert 0 < study.tables["stage_maturity"]["n"].sum() < unfiltered


def test_a_section_raises_what_is_wrong_with_several_questions_together():
    from custvalue.rules.errors import refusal

    def broken(text):
        def answer(_):
            raise refusal(text, 1, "Mend it.")

        return Label(text, text), answer

    def left(_):
        raise LeftOut(Label("no input", "没有输入"))

    with pytest.raises(ValueError, match=r"(?s)2 problems.*first.*second"):
        section_of("part", Label("Part", "部分"), [broken("first"), broken("second")], None)
    with pytest.raises(LeftOut, match="no input"):
        section_of("part", Label("Part", "部分"), [(Label("a", "甲"), left), (Label("b", "乙"), left)], None)
    found = section_of(
        "part",
        Label("Part", "部分"),
        [(Label("a", "甲"), left), (Label("b", "乙"), lambda _: Piece({"t": pd.DataFrame()}))],
        None,
    )
    assert [note.zh for note in found.notes] == ["未采用：甲（没有输入）。"]


def test_every_table_has_a_title_and_a_sheet_name_that_fits(study):
    assert set(study.tables) <= set(TABLE_TITLES)
    assert max(len(name) for name in TABLE_TITLES) <= 31


def test_bounds_carry_the_format_of_what_they_bound():
    rates = pd.DataFrame({"win_rate": [0.5], "low": [0.4], "high": [0.6]})
    mobility = pd.DataFrame({"mobility": [0.11], "low": [0.09], "high": [0.13]})
    assert (column_format(rates, "low"), column_format(mobility, "low")) == ("percent", "number")


def test_values_of_many_sizes_are_shown_to_three_digits_and_infinity_as_such():
    assert cell_text(38_632_270.87, "significant") == "38,632,271"
    assert cell_text(0.016312, "significant") == "0.0163"
    assert cell_text(float("inf"), "number") == "∞"


def test_a_column_and_its_chinese_twin_become_one():
    table = pd.DataFrame({"action": ["Call"], "action_zh": ["致电"], "hours": [1.0]})
    assert in_language(table, "zh")["action"].tolist() == ["致电"]
    assert in_language(table, "en").columns.tolist() == ["action", "hours"]


def test_infinite_losses_are_written_into_the_workbook(study, tmp_path):
    import openpyxl

    assert study.tables["probability_accuracy"]["log_loss"].tolist() == [float("inf")]
    book = openpyxl.load_workbook(study.to_excel(tmp_path / "study.xlsx"))
    place = study.tables["probability_accuracy"].columns.get_loc("log_loss") + 1
    assert book["probability_accuracy"].cell(2, place).value == "∞"


def test_tables_of_another_calendar_are_left_out_and_mixed_ones_refused():
    study = cv.run_study(frames(), as_of=AS_OF, freq="M")
    reasons = study.left_out.set_index("part")["reason"]
    assert reasons["migration"] == "accounts has no periods of the M calendar"
    assert "forecasts has no periods of the M calendar" in notes_of(study, "accuracy")
    mixed = cv.load_accounts()
    mixed.loc[0, "period"] = "2024-10"
    with pytest.raises(ValueError, match="migration: period must be a label of the Q-DEC calendar"):
        cv.run_study({"accounts": mixed}, as_of=AS_OF)


def test_a_header_in_another_case_leaves_every_question_of_the_prospects_out_with_the_column_that_may_be_meant():
    tables = {"prospects": cv.load_prospects().rename(columns={"need": "Need"}), "ratings": cv.load_ratings()}
    study = cv.run_study(tables, as_of=AS_OF)
    reason = "prospects has no column 'need'; did you mean 'Need'?"
    for question in ("scores of the prospects", "how ranks hang on the weights"):
        assert f"Left out: {question} ({reason})." in notes_of(study, "screening")
    left = study.left_out.set_index("part")
    assert left.loc["evidence", ["reason", "reason_zh"]].tolist() == [
        reason,
        "prospects 表缺少列 'need'；是不是 'Need'？",
    ]
    alone = cv.run_study({"prospects": tables["prospects"]}, as_of=AS_OF).left_out.set_index("part")["reason"]
    assert alone["screening"].startswith(reason)


def test_a_missing_column_that_no_other_resembles_is_named_without_a_guess():
    study = cv.run_study({"prospects": cv.load_prospects().drop(columns="need")}, as_of=AS_OF)
    assert study.left_out.set_index("part")["reason"]["evidence"] == "prospects has no column 'need'"
