"""The lecture's numbers, as data."""

from dataclasses import FrozenInstanceError, replace

import pytest

from custvalue.rules import Bands, Criterion, Label, Ladder, Level, Scorecard, Stage, TraitPair, playbook
from custvalue.rules.labels import LIBRARY_DEFAULT


def test_deal_heat_has_the_lectures_six_percentages():
    assert playbook.DEAL_HEAT.probabilities == (0.2, 0.4, 0.6, 0.8, 0.9, 1.0)


def test_the_two_worked_rows_of_the_scorecard_have_the_lectures_weights():
    company, position = playbook.SCREENING.criteria[:2]
    assert (company.weight, [level.label.zh for level in company.levels]) == (2, ["上市公司", "合资", "欧美独资"])
    assert (position.weight, position.levels[1].label.zh) == (3, "跨区性")


def test_criteria_the_library_added_say_so():
    added = [c.name for c in playbook.SCREENING.criteria if c.source == LIBRARY_DEFAULT]
    assert added == ["need", "buying_pattern", "access", "budget"]
    assert [c.source == LIBRARY_DEFAULT for c in playbook.WALL.scorecard.criteria] == [False] * 4 + [True] * 6


def test_default_scorecards_have_a_highest_total_of_twenty():
    assert playbook.SCREENING.max_total == 20
    assert playbook.WALL.scorecard.max_total == 20


def test_the_year_gives_the_slides_142_days_and_217_selling_days():
    year = playbook.SELLING_YEAR
    # 365 - 11 - 104 - 25 = 225; 225 * 16/24 = 150; 150 - 4*2 = 142; 225 - 8 = 217
    assert (year.working_days, year.days_after_sleep, year.days_on_slide, year.selling_days) == (225, 150, 142, 217)


def test_hours_left_for_direct_selling_are_an_interval_that_does_not_centre_on_the_slides_17_percent():
    year = playbook.SELLING_YEAR
    # 8 - (2 + 3 + 1 + 1) = 1; 8 - (2 + 2 + 1 + 0.5) = 2.5
    assert (year.direct_hours_low, year.direct_hours_high) == (1.0, 2.5)
    assert year.direct_hours_on_slide == pytest.approx(1.36)


def test_segments_are_27_declared_best_first():
    segments = playbook.ACCOUNT_GRID.segments
    assert len(set(segments)) == 27
    assert segments[:4] == ("A1+", "A10", "A1-", "A2+")
    assert segments[-1] == "C3-"


def test_the_priority_cards_have_the_reconstructed_expected_values():
    expected = {card.name: card.probability * card.amount for card in playbook.PRIORITY_GRID.cards}
    assert expected == pytest.approx({"A": 1.8e6, "B": 6e5, "C": 4.5e5, "D": 6e5, "E": 1.5e5})


def test_nine_of_the_ten_trait_pairs_are_scored_and_the_unmarked_one_is_not():
    pairs = playbook.HUNTER_FARMER.pairs
    assert [pair.name for pair in pairs if not pair.scored] == ["career"]
    assert len(playbook.HUNTER_FARMER.scored_names) == 9


def test_five_attitudes_carry_chinese_labels():
    assert [kind.label.zh for kind in playbook.ATTITUDES.kinds] == [
        "一无所知",
        "拒不接纳",
        "一见钟情",
        "又爱又恨",
        "恨之入骨",
    ]


def test_every_label_of_the_playbook_is_given_in_both_languages():
    cards = (playbook.SCREENING, playbook.EXERCISE, playbook.WALL.scorecard)
    labels = [level.label for card in cards for c in card.criteria for level in c.levels]
    labels += [c.label for card in cards for c in card.criteria]
    labels += [stage.label for stage in playbook.DEAL_HEAT.stages]
    assert all(label.en.strip() and label.zh.strip() and label.en != label.zh for label in labels)


def test_a_rule_object_cannot_be_changed_in_place():
    with pytest.raises(FrozenInstanceError):
        playbook.DEAL_HEAT.source = "mine"


def test_replacing_a_part_makes_a_new_rule_and_leaves_the_playbook_alone():
    strict = replace(playbook.SCREENING, action_from=16.0)
    assert (strict.action_from, playbook.SCREENING.action_from) == (16.0, 14.0)


ONE = Label("one", "一")
TWO = Label("two", "二")


def criterion(**changes):
    given = {"name": "c", "label": ONE, "levels": (Level(0, ONE), Level(1, TWO)), "weight": 1.0, "source": "test"}
    return Criterion(**(given | changes))


def bands(**changes):
    given = {
        "names": ("low", "high"),
        "cuts": (5.0,),
        "cut_belongs_to": ("high",),
        "labels": (ONE, TWO),
        "source": "test",
    }
    return Bands(**(given | changes))


WRONG_RULES = {
    "weights all zero": (
        lambda: Scorecard(ONE, (criterion(weight=0.0),), bands(), "test"),
        "a scorecard needs a positive weight: got all weights zero. Give at least one criterion a weight.",
    ),
    "bands out of order": (
        lambda: bands(names=("a", "b", "c"), cuts=(9.0, 5.0), cut_belongs_to=("b", "b"), labels=(ONE, TWO, ONE)),
        r"band cuts must increase strictly: got \(9.0, 5.0\). Put the cuts in increasing order.",
    ),
    "two equal cuts": (
        lambda: bands(names=("a", "b", "c"), cuts=(5.0, 5.0), cut_belongs_to=("b", "b"), labels=(ONE, TWO, ONE)),
        "band cuts must increase strictly",
    ),
    "a cut nobody owns": (lambda: bands(cut_belongs_to=("middle",)), "cut belongs to one of the two bands .*'middle'"),
    "one cut too many": (lambda: bands(cuts=(1.0, 2.0)), "2 bands need 1 cuts: got 2"),
    "a cut at infinity": (lambda: bands(cuts=(float("inf"),)), "band cuts must be finite"),
    "a probability above 1": (
        lambda: Ladder((Stage("sure", ONE, 1.2),), "test"),
        r"a stage's probability must lie in 0–1: got 1.2 \(stage 'sure'\). Write 40 % as 0.4.",
    ),
    "a probability below 0": (lambda: Ladder((Stage("no", ONE, -0.1),), "test"), "must lie in 0–1: got -0.1"),
    "a ladder that stands still": (
        lambda: Ladder((Stage("a", ONE, 0.4), Stage("b", TWO, 0.4)), "test"),
        "a ladder must rise from stage to stage: got 0.4 before 0.4",
    ),
    "a ladder with a repeated stage": (
        lambda: Ladder((Stage("a", ONE, 0.4), Stage("a", TWO, 0.6)), "test"),
        "stage names must be distinct",
    ),
    "an empty ladder": (lambda: Ladder((), "test"), "a ladder needs stages"),
    "a negative weight": (lambda: criterion(weight=-1.0), r"weight must be 0 or more: got -1.0 \(criterion 'c'\)"),
    "points that fall": (lambda: criterion(levels=(Level(2, ONE), Level(1, TWO))), "points must increase"),
    "levels with one text": (lambda: criterion(levels=(Level(0, ONE), Level(1, ONE))), "a description of its own"),
    "a repeated criterion": (
        lambda: Scorecard(ONE, (criterion(), criterion()), bands(), "test"),
        r"criterion names must be distinct: got \['c'\]",
    ),
    "no criterion": (lambda: Scorecard(ONE, (), bands(), "test"), "a scorecard needs criteria"),
    "a scale without a highest total": (
        lambda: Scorecard(ONE, (criterion(levels=()),), bands(), "test"),
        r"a scaled scorecard needs a highest possible total: got no maximum for \['c'\]",
    ),
    "a scale of zero": (lambda: Scorecard(ONE, (criterion(),), bands(), "test", scale=0.0), "scale must be positive"),
    "share cuts in percent": (
        lambda: replace(playbook.ACCOUNT_GRID, share=replace(playbook.ACCOUNT_GRID.share, cuts=(30.0, 70.0))),
        "share cuts must lie between 0 and 1",
    ),
    "a headroom target in percent": (lambda: replace(playbook.ACCOUNT_GRID, headroom_target=70), "headroom_target"),
    "a year without selling days": (
        lambda: replace(playbook.SELLING_YEAR, other_days_off=300),
        "must leave selling days",
    ),
    "a negative deduction": (lambda: replace(playbook.SELLING_YEAR, meetings=-1), "meetings must be 0 or more: got -1"),
    "activities longer than the day": (
        lambda: replace(playbook.SELLING_YEAR, working_hours=6),
        "must fit the working day",
    ),
    "a lopsided trait scale": (lambda: replace(playbook.HUNTER_FARMER, hunter_end=3), "symmetric about zero"),
    "no scored trait": (
        lambda: replace(playbook.HUNTER_FARMER, pairs=(TraitPair("a", ONE, TWO, scored=False),)),
        "at least one trait pair must be scored",
    ),
    "a text that is another level's but for case": (
        lambda: criterion(levels=(Level(0, Label("No", "否")), Level(1, Label("yes", "no ")))),
        "a description of its own: got 'no '",
    ),
    "one text in two languages for two levels": (
        lambda: criterion(levels=(Level(0, Label("no", "一般")), Level(1, Label("一般", "好")))),
        "a text must describe one level only",
    ),
    "a number that is not the level's points": (
        lambda: criterion(levels=(Level(0, Label("2", "二")), Level(2, Label("zero", "零")))),
        r"a level's text that is a number must be its points: got '2' for 0 points \(criterion 'c'\)",
    ),
    "a full-width number that is not the level's points": (
        lambda: criterion(levels=(Level(0, Label("none", "无")), Level(2, Label("all", "１")))),
        "must be its points: got '１' for 2 points",
    ),
    "a level's label that is a text": (lambda: Level(0, "no"), "a level's label must be a Label .*: got 'no'"),
    "a level's label without Chinese": (lambda: Level(0, Label("no", " ")), "a text in both languages"),
    "a level's label of numbers": (lambda: Level(0, Label(0, 0)), "a text in both languages"),
    "a knock-out in words": (lambda: Level(0, ONE, "no"), "knocks_out must be True or False: got 'no'"),
    "a criterion's label that is a text": (
        lambda: criterion(label="c"),
        "a criterion's label must be a Label: got 'c'",
    ),
    "a criterion without a name": (lambda: criterion(name=" "), "a criterion's name must be a text"),
    "levels that are numbers": (lambda: criterion(levels=(0, 1)), "levels must each be a Level: got 0"),
    "levels that are one level": (lambda: criterion(levels=Level(0, ONE)), "levels must be a tuple"),
    "criteria that are texts": (
        lambda: Scorecard(ONE, ("need",), bands(), "test"),
        "criteria must each be a Criterion: got 'need'",
    ),
    "one criterion alone": (lambda: Scorecard(ONE, criterion(), bands(), "test"), "criteria must be a tuple"),
    "bands that are cuts": (lambda: Scorecard(ONE, (criterion(),), (8, 14), "test"), r"bands must be a Bands: got \(8"),
    "a scorecard's name that is a text": (
        lambda: Scorecard("card", (criterion(),), bands(), "test"),
        "a scorecard's name must be a Label",
    ),
    "band labels that are texts": (
        lambda: bands(labels=("low", "high")),
        "band labels must each be a Label: got 'low'",
    ),
    "band names that are one text": (lambda: bands(names="ab"), "band names must be a tuple: got 'ab'"),
    "one cut alone": (lambda: bands(cuts=5.0), "band cuts must be a tuple: got 5.0"),
    "a total beyond all numbers": (
        lambda: Scorecard(
            ONE, (criterion(levels=(Level(0, ONE), Level(1.7e308, TWO)), weight=10.0),), bands(), "test", scale=None
        ),
        "highest possible total × scale must be a finite number: got inf",
    ),
    "a total beyond all numbers on its scale": (
        lambda: Scorecard(ONE, (criterion(levels=(Level(0, ONE), Level(1.7e308, TWO))),), bands(), "test"),
        "highest possible total × scale must be a finite number",
    ),
    "a grid in rising order": (lambda: replace(playbook.PRIORITY_GRID, amounts=(1.0, 2.0)), "must fall strictly"),
}


@pytest.mark.parametrize("name", WRONG_RULES)
def test_a_wrong_rule_is_refused_at_once(name):
    make, message = WRONG_RULES[name]
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        (playbook.SCREENING, "Scorecard('Screening scorecard', 6 criteria, out of 20)"),
        (playbook.EXERCISE, "Scorecard('Group exercise of the lecture', 10 criteria, raw totals)"),
        (playbook.DEAL_HEAT, "Ladder(6 stages, need_defined 0.2 to agreement 1)"),
        (playbook.PRIORITY_GRID, "PriorityGrid(3 × 3, CNY)"),
        (playbook.ACCOUNT_GRID, "AccountGrid(3 × 3 × 3, CNY)"),
        (playbook.SELLING_YEAR, "SellingYear(217 selling days of 8 hours)"),
    ],
)
def test_a_rule_that_is_a_default_is_shown_in_a_few_words(rule, shown):
    assert repr(rule) == shown
    assert not hasattr(rule, "__dict__")
    with pytest.raises(FrozenInstanceError):
        rule.source = "mine"


def test_a_text_that_is_the_levels_own_points_or_the_same_in_both_languages_is_fine():
    levels = (Level(0, Label("0", "0.0")), Level(2, Label("2", "２")), Level(3, Label("OK", "ok")))
    assert criterion(levels=levels).max_points == 3
