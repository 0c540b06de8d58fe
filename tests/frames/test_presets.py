"""Presets: each system's standard export, made by hand, becomes the frame worked out by hand."""

from pathlib import Path

import pandas as pd
import pytest

from custvalue import read_table
from custvalue.frames.exports import find_column
from custvalue.frames.kinds import CONTRACTS
from custvalue.frames.mapped import apply_mapping, overridden
from custvalue.frames.mapped import resolve as resolve_table
from custvalue.frames.mapping import TableMapping, parse_mapping
from custvalue.frames.presets import load_preset, preset_names
from custvalue.frames.reading import read_raw
from custvalue.frames.rejects import check_frame

COLUMNS = ["opportunity", "account", "owner", "stage", "amount", "created", "expected_close", "closed", "outcome"]

# An export of each system, line by line, and what each deal of it is: opportunity, account, owner, stage, amount,
# created, expected_close, closed, outcome, probability ("" is missing).
EXPORTS = {
    "salesforce": (
        """Opportunity Owner,Account Name,Opportunity Name,Opportunity ID,Stage,Fiscal Period,Amount,\
Probability (%),Age,Close Date,Created Date,Type
Li,Acme,Press,006A,Prospecting,Q4-2026,1000,10,30,2026-12-01,2026-08-01,New
Wu,Beta,Oven,006B,Negotiation/Review,Q4-2026,,85,60,2026-11-15,2026-07-01,New
Li,Acme,Belt,006C,Closed Won,Q3-2026,2500.5,100,20,2026-09-03,2026-08-14,New
Wu,Coda,Lift,006D,Closed Lost,Q3-2026,400,0,20,2026-09-04,2026-08-15,New
""",
        """006A,Acme,Li,Prospecting/Qualification,1000,2026-08-01,2026-12-01,,,0.1
006B,Beta,Wu,Negotiation/Review,,2026-07-01,2026-11-15,,,0.85
006C,Acme,Li,Closed Won,2500.5,2026-08-14,,2026-09-03,won,1
006D,Coda,Wu,Closed Lost,400,2026-08-15,,2026-09-04,lost,0""",
    ),
    "hubspot": (
        """Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Create Date,Associated Company,Deal probability
11,Press,Appointment Scheduled,2026-12-01 10:00,Li,1000,2026-08-01 09:30,Acme,0.2
12,Oven,contractsent,,Wu,,2026-07-01 09:30,Beta,0.9
13,Belt,Closed won,2026-09-03 17:20,Li,2500.5,2026-08-14 09:30,Acme,1.0
14,Lift,Closed Lost,2026-09-04 08:00,Wu,400,2026-08-15 09:30,Coda,0.0
""",
        """11,Acme,Li,Appointment scheduled,1000,2026-08-01 09:30,2026-12-01 10:00,,,0.2
12,Beta,Wu,Contract sent,,2026-07-01 09:30,,,,0.9
13,Acme,Li,Closed won,2500.5,2026-08-14 09:30,,2026-09-03 17:20,won,1
14,Coda,Wu,Closed Lost,400,2026-08-15 09:30,,2026-09-04 08:00,lost,0""",
    ),
    "dynamics365": (
        """(Do Not Modify) Opportunity,Topic,Potential Customer,Owner,Est. Close Date,Est. Revenue,\
Actual Close Date,Actual Revenue,Status,Status Reason,Pipeline Phase,Probability,Created On
g1,Press,Acme,Li,2026-12-01,1000,,,Open,In Progress,1-Qualify,15,2026-08-01
g2,Oven,Beta,Wu,2026-11-15,700,,,Open,On Hold,Propose,40,2026-07-01
g3,Belt,Acme,Li,2026-09-30,2000,2026-09-03,2500.5,Won,Won,4-Close,100,2026-08-14
g4,Lift,Coda,Wu,2026-10-01,400,2026-09-04,,Lost,Out-Sold,Develop,0,2026-08-15
""",
        """g1,Acme,Li,Qualify,1000,2026-08-01,2026-12-01,,,0.15
g2,Beta,Wu,Propose,700,2026-07-01,2026-11-15,,,0.4
g3,Acme,Li,Close,2500.5,2026-08-14,2026-09-30,2026-09-03,won,1
g4,Coda,Wu,Develop,400,2026-08-15,2026-10-01,2026-09-04,lost,0""",
    ),
    "odoo": (
        """ID,Opportunity,Customer,Salesperson,Stage,Expected Revenue,Probability,Expected Closing,Created on,\
Closed Date,Active
1,Press,Acme,Li,New,1000.0,12.5,2026-12-01,2026-08-01 09:30:00,,True
2,Oven,Beta,Wu,Proposition,0.0,70.0,,2026-07-01 09:30:00,,True
3,Belt,Acme,Li,Won,2500.5,100.0,2026-09-30,2026-08-14 09:30:00,2026-09-03 17:20:00,False
4,Lift,Coda,Wu,Qualified,400.0,0.0,2026-10-01,2026-08-15 09:30:00,2026-09-04 08:00:00,False
""",
        """1,Acme,Li,New,1000,2026-08-01 09:30,2026-12-01,,,0.125
2,Beta,Wu,Proposition,0,2026-07-01 09:30,,,,0.7
3,Acme,Li,Won,2500.5,2026-08-14 09:30,2026-09-30,2026-09-03 17:20,won,1
4,Coda,Wu,Qualified,400,2026-08-15 09:30,2026-10-01,2026-09-04 08:00,lost,0""",
    ),
    "pipedrive": (
        """Deal - ID,Deal - Title,Deal - Organization,Deal - Owner,Deal - Stage,Deal - Status,Deal - Value,\
Deal - Probability,Deal - Expected close date,Deal - Deal created,Deal - Won time,Deal - Lost time
1,Press,Acme,Li,Qualified,Open,1000,,2026-12-01,2026-08-01 09:30:00,,
2,Oven,Beta,Wu,Negotiations Started,open,,65,,2026-07-01 09:30:00,,
3,Belt,Acme,Li,Proposal Made,Won,2500.5,,2026-09-30,2026-08-14 09:30:00,2026-09-03 17:20:00,
4,Lift,Coda,Wu,Demo Scheduled,lost,400,20,,2026-08-15 09:30:00,,2026-09-04 08:00:00
""",
        """1,Acme,Li,Qualified,1000,2026-08-01 09:30,2026-12-01,,,
2,Beta,Wu,Negotiations Started,,2026-07-01 09:30,,,,0.65
3,Acme,Li,Proposal Made,2500.5,2026-08-14 09:30,2026-09-30,2026-09-03 17:20,won,
4,Coda,Wu,Demo Scheduled,400,2026-08-15 09:30,,2026-09-04 08:00,lost,0.2""",
    ),
    "zoho": (
        """Record Id,Deal Owner.id,Deal Owner,Amount,Deal Name,Closing Date,Account Name.id,Account Name,Stage,\
Probability (%),Created Time
z1,u1,Li,1000,Press,2026-12-01,a1,Acme,Qualification,10,2026-08-01 09:30:00
z2,u2,Wu,,Oven,2026-11-15,a2,Beta,Proposal/Price Quote,75,2026-07-01 09:30:00
z3,u1,Li,2500.5,Belt,2026-09-03,a1,Acme,Closed Won,100,2026-08-14 09:30:00
z4,u2,Wu,400,Lift,2026-09-04,a3,Coda,Closed-Lost to Competition,0,2026-08-15 09:30:00
""",
        """z1,Acme,Li,Qualification,1000,2026-08-01 09:30,2026-12-01,,,0.1
z2,Beta,Wu,Proposal/Price Quote,,2026-07-01 09:30,2026-11-15,,,0.75
z3,Acme,Li,Closed Won,2500.5,2026-08-14 09:30,,2026-09-03,won,1
z4,Coda,Wu,Closed-Lost to Competition,400,2026-08-15 09:30,,2026-09-04,lost,0""",
    ),
}


def apply_preset(export, preset):
    table = preset.tables["opportunities"]
    return apply_mapping(export, table, "opportunities", Path(), preset.ladder, read_raw)


def resolve(preset, headers):
    return resolve_table(preset.tables["opportunities"], headers, "opportunities")


def raw(folder, text):
    path = folder / "export.csv"
    path.write_text(text, encoding="utf-8")
    return read_raw(path)


def deals(text):
    """Return the frame that a hand-written table describes."""
    rows = [line.split(",") for line in text.splitlines()]
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "probability"]).replace("", None)
    texts = frame[["opportunity", "account", "owner", "stage", "outcome"]].astype("str")
    numbers = frame[["amount", "probability"]].astype(float)
    dates = frame[["created", "expected_close", "closed"]].apply(pd.to_datetime, format="ISO8601")
    return texts.join(numbers).join(dates)[frame.columns]


def test_the_six_systems_have_a_preset():
    assert preset_names() == ("dynamics365", "hubspot", "odoo", "pipedrive", "salesforce", "zoho")
    assert set(EXPORTS) == set(preset_names())


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_states_its_source_and_speaks_our_vocabulary(name):
    preset = load_preset(name)
    assert set(preset.source) >= {"product", "export", "columns", "stages"}
    assert "https://" in preset.source["columns"] + preset.source["stages"]
    assert list(preset.tables) == ["opportunities"]
    known = set(CONTRACTS["opportunities"].names)
    table = preset.tables["opportunities"]
    own = {
        "is_won",
        "is_closed",
        "is_closed_won",
        "is_closed_lost",
        "active",
        "status",
        "estimated",
        "won_time",
        "lost_time",
    }
    assert set(table.names) <= known | own
    assert {"opportunity", "account", "owner", "stage", "amount", "created"} <= set(table.names)
    needed = {column.name for column in CONTRACTS["opportunities"].columns if column.needed}
    assert needed <= {*table.names, *(["outcome"] if table.outcome else [])}


# What each system gives its stages (or what the preset assumes, and says so), in selling order.
LADDERS = {
    "salesforce": [0.1, 0.2, 0.5, 0.6, 0.7, 0.75, 0.9],
    "hubspot": [0.2, 0.4, 0.6, 0.8, 0.9],
    "dynamics365": [0.2, 0.3, 0.4, 0.9],
    "odoo": [0.1, 0.3, 0.7],
    "pipedrive": [0.1, 0.2, 0.3, 0.4, 0.6],
    "zoho": [0.1, 0.2, 0.4, 0.6, 0.75, 0.9],
}


@pytest.mark.parametrize("name", preset_names())
def test_a_presets_ladder_rises_and_names_every_stage_in_chinese(name):
    ladder = load_preset(name).ladder
    assert list(ladder.probabilities) == LADDERS[name]
    assert all(stage.label.zh != stage.name for stage in ladder.stages)
    invented = name in ("dynamics365", "pipedrive")
    assert ladder.source.startswith("assumption") == invented


@pytest.mark.parametrize("name", preset_names())
def test_a_standard_export_becomes_the_frame_worked_by_hand(name, tmp_path):
    export, wanted = EXPORTS[name]
    frame, _ = apply_preset(raw(tmp_path, export), load_preset(name))
    checked = check_frame(frame, "opportunities")
    assert checked.rejects.empty
    found = checked.frame[[*COLUMNS, "probability"]]
    pd.testing.assert_frame_equal(found, deals(wanted), check_dtype=False, rtol=0, atol=0)


@pytest.mark.parametrize("name", preset_names())
def test_a_table_is_read_by_its_preset_alone(name, tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(EXPORTS[name][0], encoding="utf-8")
    checked = read_table(path, "opportunities", preset=name)
    found = checked.frame[[*COLUMNS, "probability"]]
    pd.testing.assert_frame_equal(found, deals(EXPORTS[name][1]), check_dtype=False, rtol=0, atol=0)


def test_columns_without_a_name_of_ours_are_kept_under_their_own(tmp_path):
    frame, _ = apply_preset(raw(tmp_path, EXPORTS["salesforce"][0]), load_preset("salesforce"))
    assert {"Fiscal Period", "Age", "Type", "Opportunity Name"} <= set(frame.columns)


def test_the_export_is_left_as_it_was(tmp_path):
    export = raw(tmp_path, EXPORTS["zoho"][0])
    before = export.copy(deep=True)
    apply_preset(export, load_preset("zoho"))
    pd.testing.assert_frame_equal(export, before)


def test_notes_count_what_was_parted_filled_and_merged(tmp_path):
    _, notes = apply_preset(raw(tmp_path, EXPORTS["salesforce"][0]), load_preset("salesforce"))
    assert dict(notes) == {
        "stage merged": "1 rows",
        "Close Date": "closing day of 2 closed deals, expected close of 2 open ones",
        "probability in percent": "4 cells divided by 100",
    }
    _, notes = apply_preset(raw(tmp_path, EXPORTS["pipedrive"][0]), load_preset("pipedrive"))
    assert dict(notes) == {
        "outcome merged": "3 rows",
        "closed filled from won_time": "1 rows",
        "closed filled from lost_time": "1 rows",
        "probability in percent": "2 cells divided by 100",
    }


def test_the_currency_beside_the_amount_of_a_report_in_several_currencies_is_read(tmp_path):
    text = "Opportunity ID,Stage,Amount Currency,Amount\n006A,Needs Analysis,EUR,5\n"
    frame, _ = apply_preset(raw(tmp_path, text), load_preset("salesforce"))
    assert frame["currency"].tolist() == ["EUR"]


def test_field_names_of_a_data_export_are_read_too(tmp_path):
    text = """Id,Name,AccountId,OwnerId,StageName,Amount,Probability,CloseDate,CreatedDate,IsClosed,IsWon,\
CurrencyIsoCode
006A,Press,001,005,Needs Analysis,1000,20,2026-12-01,2026-08-01,false,false,EUR
006B,Oven,001,005,Signed,500,100,2026-09-01,2026-08-01,true,true,EUR
006C,Belt,002,005,Duplicate,100,0,2026-09-02,2026-08-01,true,false,EUR
"""
    frame, _ = apply_preset(raw(tmp_path, text), load_preset("salesforce"))
    checked = check_frame(frame, "opportunities")
    assert checked.frame["opportunity"].tolist() == ["006A", "006B", "006C"]
    # Stages of one's own that no ladder has are fine once the deal is closed: the flags tell how it ended.
    assert checked.frame["outcome"].fillna("open").tolist() == ["open", "won", "lost"]
    assert checked.frame["currency"].unique().tolist() == ["EUR"]


def test_the_name_of_a_column_may_differ_in_case_and_blanks():
    assert find_column(["Deal Owner"], ["Deal  owner", "Owner"]) == "Deal  owner"
    assert find_column(["Deal Owner", "Owner"], ["owner"]) == "owner"
    assert find_column(["Deal Owner"], ["DealOwner", 5]) is None


def test_the_first_of_the_names_that_the_file_has_is_read():
    headers = ["Opportunity Name", "Opportunity ID", "Stage", "Amount"]
    assert resolve(load_preset("salesforce"), headers).columns["opportunity"] == "Opportunity ID"
    assert resolve(load_preset("salesforce"), headers[:1] + headers[2:]).columns["opportunity"] == "Opportunity Name"


def test_two_columns_that_differ_only_in_case_are_refused():
    with pytest.raises(
        ValueError, match=r"must differ in more than case and blanks: got \['deal owner', 'Deal owner'\]"
    ):
        find_column(["Deal Owner"], ["deal owner", "Deal owner"])


def test_a_lost_deal_that_odoo_archived_is_told_from_an_archived_lead(tmp_path):
    text = """ID,Stage,Expected Revenue,Probability,Active,Closed Date
1,Qualified,10,0.0,False,2026-09-01
2,Qualified,10,35.0,False,
3,Qualified,10,0.0,True,
"""
    frame, _ = apply_preset(raw(tmp_path, text), load_preset("odoo"))
    assert frame["outcome"].fillna("open").tolist() == ["lost", "open", "open"]


def test_odoos_own_column_tells_won_and_lost(tmp_path):
    text = "ID,Stage,Expected Revenue,Is Won\n1,New,10,Pending\n2,Abgeschlossen,10,Won\n3,New,10,Lost\n"
    frame, _ = apply_preset(raw(tmp_path, text), load_preset("odoo"))
    assert frame["outcome"].fillna("open").tolist() == ["open", "won", "lost"]


def test_an_odoo_export_that_cannot_show_lost_deals_is_refused():
    with pytest.raises(
        ValueError, match=r"lost is told by columns of the file.*'Is Won' or 'Active' and 'Probability'"
    ):
        resolve(load_preset("odoo"), ["ID", "Stage", "Expected Revenue"])


def test_typed_cells_of_a_workbook_tell_the_outcome_as_texts_do():
    typed = pd.DataFrame(
        {
            "ID": [1, 2],
            "Stage": ["Won", "Qualified"],
            "Expected Revenue": [10.0, 20.0],
            "Probability": [100.0, 0.0],
            "Active": [True, False],
        }
    )
    frame, _ = apply_preset(typed, load_preset("odoo"))
    assert frame["outcome"].tolist() == ["won", "lost"]
    assert frame["probability"].tolist() == [1.0, 0.0]


def test_a_missing_needed_column_is_refused_with_the_names_looked_for():
    with pytest.raises(ValueError, match=r"stage is needed and read from one of \['Stage', 'StageName'\].*'Stages'"):
        resolve(load_preset("salesforce"), ["Id", "Stages", "Amount"])


def test_an_open_deal_off_the_ladder_is_refused_with_counts_and_the_nearest_step(tmp_path):
    path = tmp_path / "deals.csv"
    path.write_text("Record Id,Stage,Amount\n1,Value Propositions,5\n2,Value Propositions,5\n3,Demo,5\n", "utf-8")
    with pytest.raises(
        ValueError, match=r"'Value Propositions' \(2\), 'Demo' \(1\)\. Did you mean 'Value Proposition'"
    ):
        read_table(path, "opportunities", preset="zoho")


def test_a_deal_told_both_won_and_lost_is_refused(tmp_path):
    text = "Id,StageName,Amount,IsClosed,IsWon\n1,Closed Won,5,true,false\n2,Closed Won,5,true,true\n"
    with pytest.raises(ValueError, match=r"a deal is won or lost: got 1 rows that say both \(\['1'\]\)"):
        apply_preset(raw(tmp_path, text), load_preset("salesforce"))


def test_a_status_nobody_knows_is_rejected_with_its_row(tmp_path):
    text = "Deal - ID,Deal - Stage,Deal - Value,Deal - Status\n1,Qualified,5,Open\n2,Qualified,5,Deleted\n"
    export = raw(tmp_path, text)
    ladder_free = parse_mapping(
        '[opportunities.columns]\nopportunity=["Deal - ID"]\nstage=["Deal - Stage"]\n'
        'amount=["Deal - Value"]\noutcome=["Deal - Status"]\n'
        '[opportunities.merge.outcome]\n""=["Open"]',
        "house",
    )
    checked = check_frame(apply_preset(export, ladder_free)[0], "opportunities")
    assert checked.frame["opportunity"].tolist() == ["1"]
    assert checked.rejects[["opportunity", "value", "rule"]].to_numpy().tolist() == [
        ["2", "Deleted", "outcome must be one of won, lost"]
    ]


def test_percents_become_fractions_and_other_texts_go_to_the_rejects(tmp_path):
    text = (
        "Record Id,Stage,Amount,Probability (%)\n1,Qualification,5,7.5 %\n2,Qualification,5,high\n3,Qualification,5,\n"
    )
    checked = check_frame(apply_preset(raw(tmp_path, text), load_preset("zoho"))[0], "opportunities")
    assert checked.frame["probability"].fillna(-1).tolist() == [0.075, -1]
    assert checked.rejects[["opportunity", "value"]].to_numpy().tolist() == [["2", "high"]]


def test_the_name_of_a_currency_becomes_its_code_only_where_the_export_has_one(tmp_path):
    text = "Topic,Status,Pipeline Phase,Actual Revenue,Currency\nA,Open,Qualify,5,US Dollar\nB,Open,Qualify,5,Krone\n"
    frame, _ = apply_preset(raw(tmp_path, text), load_preset("dynamics365"))
    assert frame["currency"].tolist() == ["USD", "Krone"]
    without = raw(tmp_path, text).drop(columns="Currency")
    assert "currency" not in apply_preset(without, load_preset("dynamics365"))[0]


def test_an_unknown_preset_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"got 'salesfroce'\. Did you mean 'salesforce'"):
        load_preset("salesfroce")


def test_an_outcome_of_another_name_is_refused():
    with pytest.raises(ValueError, match=r"knows won and lost: got \['victory'\]"):
        parse_mapping('[opportunities.outcome]\nvictory = ["W"]', "house")


def test_a_rename_of_ones_own_names_a_column_of_the_file_and_settles_what_a_preset_looks_for(tmp_path):
    export = raw(tmp_path, EXPORTS["zoho"][0]).rename(columns={"Stage": "Stage  ↑", "Deal Name": "What"})
    preset = load_preset("zoho").tables["opportunities"]
    with pytest.raises(ValueError, match=r"stage is needed and read from one of"):
        apply_mapping(export, preset, "opportunities", Path(), None, read_raw)
    own = TableMapping(columns={"stage": "Stage  ↑", "product": "What", "region": "probability"})
    first, after = overridden(preset, own, export.columns)
    frame, _ = apply_mapping(export, first, "opportunities", Path(), None, read_raw)
    assert frame["stage"].tolist()[:2] == ["Qualification", "Proposal/Price Quote"]
    assert frame["product"].tolist()[0] == "Press"
    assert frame["outcome"].fillna("open").tolist() == ["open", "open", "won", "lost"]
    # What names no column of the file speaks of the names that the preset gives.
    assert after.columns == {"region": "probability"}
