"""The follow-up table and the forecast categories, as data that can be edited and not broken."""

from dataclasses import replace

import pytest

from custvalue.rules import Label, playbook
from custvalue.rules.followup import FOLLOW_UP, FollowUpAction, FollowUpTable
from custvalue.rules.forecast_categories import FORECAST_CATEGORIES
from custvalue.rules.labels import LIBRARY_DEFAULT


def test_every_stage_of_the_ladder_has_an_action_for_every_attitude():
    assert FOLLOW_UP.stages == playbook.DEAL_HEAT.names
    assert FOLLOW_UP.attitudes == playbook.ATTITUDES.names
    assert len(FOLLOW_UP.actions) == 30


def test_actions_differ_and_are_given_in_both_languages_and_in_whole_or_half_hours():
    actions = [*FOLLOW_UP.actions, FOLLOW_UP.unknown]
    for lang in ("en", "zh"):
        texts = [action.label.text(lang) for action in actions]
        assert len(set(texts)) == len(texts)
    assert all(action.label.en.isascii() for action in actions)
    assert all("\u4e00" <= action.label.zh[0] <= "\u9fff" for action in actions)
    assert all(0 < action.hours <= 8 and (2 * action.hours).is_integer() for action in actions)


def test_the_table_and_the_categories_say_they_are_the_librarys():
    assert FOLLOW_UP.source == FORECAST_CATEGORIES.source == LIBRARY_DEFAULT


def test_an_edited_action_makes_a_new_table_and_leaves_the_old_one_alone():
    mine = FOLLOW_UP.replaced("trial", "torn", label=Label("Call every week", "每周致电"), hours=1)
    assert (mine.action("trial", "torn").label.zh, mine.action("trial", "torn").hours) == ("每周致电", 1)
    assert FOLLOW_UP.action("trial", "torn").hours == 4.0
    assert [a for a in mine.actions if a not in FOLLOW_UP.actions] == [mine.action("trial", "torn")]


ONE = Label("do it", "去做")


def action(stage="s", attitude="a", hours=1.0):
    return FollowUpAction(stage, attitude, ONE, hours)


WRONG = {
    "no hours": (lambda: action_table(action(hours=0)), "an action's hours must be above 0: got 0"),
    "hours in words": (lambda: FOLLOW_UP.replaced("trial", "torn", hours="two"), "must be above 0: got 'two'"),
    "a pair twice": (lambda: action_table(action(), action()), r"one action: got \[\('s', 'a'\)\]"),
    "a pair left out": (
        lambda: action_table(action("s", "a"), action("t", "b")),
        r"every stage needs an action for every attitude: got none for \[\('s', 'b'\), \('t', 'a'\)\]",
    ),
    "an unknown pair": (lambda: FOLLOW_UP.replaced("trial", "cheerful", hours=1), "a stage and an attitude of the"),
    "a category cut in percent": (
        lambda: replace(FORECAST_CATEGORIES, open=replace(FORECAST_CATEGORIES.open, cuts=(40.0, 80.0))),
        r"cut by probabilities: got \[40.0, 80.0\]",
    ),
    "won deals among the open ones": (
        lambda: replace(FORECAST_CATEGORIES, won="commit"),
        "won deals need a category of their own: got 'commit'",
    ),
}


def action_table(*actions):
    return FollowUpTable(actions, unknown=action("", ""), source="test")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_refused_at_once(name):
    make, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        make()


def test_categories_have_labels_in_both_languages():
    labels = [[FORECAST_CATEGORIES.label(name, lang) for name in FORECAST_CATEGORIES.names] for lang in ("en", "zh")]
    assert labels[0] == ["pipeline", "best case", "commit", "closed (won)"]
    assert all(not label.isascii() for label in labels[1])
