"""Selling time and people."""

from functools import partial

from custvalue import charts
from custvalue.effort import profile_people, selling_time
from custvalue.rules import playbook
from custvalue.rules.labels import Label, source_text
from custvalue.study.inputs import Inputs, targets_per_person
from custvalue.study.parts.section import Picture, Section, need


def time_part(inputs: Inputs) -> Section:
    """Selling time, priced with the mean target where there are targets."""
    target = targets_per_person(inputs)
    time = selling_time(target_revenue=target)
    notes = [
        Label(
            f"Source: {source_text(playbook.SELLING_YEAR.source)}. The price of an hour is one salesperson's: the mean "
            "yearly target over the hours.",
            f"来源：{source_text(playbook.SELLING_YEAR.source, 'zh')}。每小时价格按每位销售人员的平均年度目标计算。",
        )
    ]
    if target is None:
        notes.append(
            Label("No hour is priced: there are no targets for the whole year.", "没有全年目标，未计算每小时价格。")
        )
    return Section(
        "time",
        Label("Selling time", "销售时间"),
        {"selling_time": time.summary, "selling_year": time.year, "selling_day": time.day},
        {"selling_time": Picture("selling_time", partial(charts.plot_selling_time, time))},
        tuple(notes),
    )


def people_part(inputs: Inputs) -> Section:
    """Hunting and farming scores of the salespeople."""
    rule = playbook.HUNTER_FARMER
    need(inputs, "traits", "rep", *rule.scored_names)
    profiles = profile_people(inputs.frames["traits"], rule=rule)
    return Section(
        "people",
        Label("Hunters and farmers", "猎人与农夫"),
        {"people": profiles.sort_values("lean", ascending=False, kind="stable")},
        {"people": Picture("people", partial(charts.plot_people, profiles))},
        (Label(rule.note, "仅用于发展辅导，绝不用于招聘测试；“事业心”未标明归属，不计分。"),),
    )
