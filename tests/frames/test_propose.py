"""A first mapping for unknown files: what is proposed, what is left undecided, and that it reads back."""

import tomllib

import pandas as pd
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from custvalue import read_mapping, read_table, sample_folder
from custvalue.frames.kinds import CONTRACTS, KINDS
from custvalue.frames.presets import PRESETS, load_preset, preset_names
from custvalue.frames.propose import propose_mapping
from custvalue.frames.reading import read_raw
from custvalue.study.columns_cli import columns
from tests.frames.test_presets import EXPORTS, apply_preset

app = typer.Typer(pretty_exceptions_enable=False)
app.command("columns")(columns)


def write(folder, text, name="export.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def settled(proposal):
    """Return ours → theirs for what is decided."""
    rows = proposal.table[proposal.table["certainty"] >= "likely"]
    return dict(zip(rows["ours"], rows["theirs"], strict=True))


def undecided(proposal, ours):
    rows = proposal.table[(proposal.table["ours"] == ours) & (proposal.table["certainty"] == "undecided")]
    return rows["theirs"].tolist()


def reason(proposal, ours):
    return proposal.table.loc[proposal.table["ours"] == ours, "reason"].iloc[0]


def saved(folder, proposal):
    """Return the path of the proposal, written beside the file it is for."""
    path = folder / "proposed.toml"
    path.write_text(proposal.to_toml(), encoding="utf-8")
    return path


def test_the_maven_export_is_proposed_right(shared):
    proposal = propose_mapping(shared / "maven_crm" / "sales_pipeline.csv")
    assert proposal.kind == "opportunities"
    assert proposal.preset is None
    assert settled(proposal) == {
        "opportunity": "opportunity_id",
        "account": "account",
        "owner": "sales_agent",
        "product": "product",
        "stage": "deal_stage",
        "amount": "close_value",
        "created": "engage_date",
        "closed": "close_date",
        "outcome": "deal_stage",
    }
    assert reason(proposal, "closed").endswith("filled on 6,711 closed deals and 0 open ones")
    assert proposal.unmatched == ()


def test_the_maven_proposal_reads_back_and_gives_the_known_answers(shared, tmp_path):
    export = shared / "maven_crm" / "sales_pipeline.csv"
    mapping = read_mapping(saved(tmp_path, propose_mapping(export)))
    checked = read_table(export, "opportunities", mapping=mapping)
    assert (len(checked.frame), len(checked.rejects)) == (8800, 0)
    assert checked.frame["outcome"].value_counts().to_dict() == {"won": 4238, "lost": 2473}
    assert checked.frame.loc[checked.frame["outcome"] == "won", "amount"].sum() == 10_005_534


def test_the_stages_met_are_counted_and_explained(shared):
    stages = propose_mapping(shared / "maven_crm" / "sales_pipeline.csv").stages
    assert stages[["stage", "rows", "meaning"]].to_numpy().tolist() == [
        ["Won", 4238, "won"],
        ["Lost", 2473, "lost"],
        ["Engaging", 1589, "unknown"],
        ["Prospecting", 500, "step"],
    ]
    assert stages["nearest"].iloc[3] == "'Prospecting', 10%, Salesforce Sales Cloud"


CHINESE = """商机编号,客户名称,负责人,产品,销售阶段,预计金额,创建日期,预计成交日期,实际成交日期,赢率
S1,华信,李明,泵,报价,200万,2026年7月1日,2026年12月1日,,40%
S2,远大,王芳,阀,赢单,50万,2026年7月2日,2026年9月1日,2026年9月3日,100%
S3,华信,李明,泵,丢单,30万,2026年7月3日,2026年9月5日,2026年9月4日,0%
"""


def test_chinese_headers_and_outcomes_are_known(tmp_path):
    proposal = propose_mapping(write(tmp_path, CHINESE))
    assert proposal.kind == "opportunities"
    assert settled(proposal) == {
        "opportunity": "商机编号",
        "account": "客户名称",
        "owner": "负责人",
        "product": "产品",
        "stage": "销售阶段",
        "amount": "预计金额",
        "created": "创建日期",
        "expected_close": "预计成交日期",
        "closed": "实际成交日期",
        "outcome": "销售阶段",
        "probability": "赢率",
    }
    content = tomllib.loads(proposal.to_toml())["opportunities"]
    assert content["outcome"] == {"won": ["赢单"], "lost": ["丢单"]}
    assert content["percent"] == ["probability"]


def test_two_equal_candidates_are_both_listed_and_neither_is_taken(tmp_path):
    text = "Customer,Client,order date,Sales amount\nA,B,2026-01-01,5\n"
    proposal = propose_mapping(write(tmp_path, text))
    assert proposal.kind == "sales"
    assert undecided(proposal, "account") == ["Customer", "Client"]
    assert "(one of several)" in reason(proposal, "account")
    mapping = read_mapping(saved(tmp_path, proposal)).tables["sales"]
    assert mapping.columns == {"date": "order date", "amount": "Sales amount"}
    lines = proposal.to_toml().splitlines()
    assert [line.split("  #")[0] for line in lines if line.startswith("# account")] == [
        '# account = "Customer"',
        '# account = "Client"',
    ]


def test_taking_the_comment_sign_away_settles_an_undecided_line(tmp_path):
    export = write(tmp_path, "Customer,Client,order date,Sales amount\nA,B,2026-01-01,5\n")
    path = saved(tmp_path, propose_mapping(export))
    path.write_text(path.read_text(encoding="utf-8").replace('# account = "Client"', 'account = "Client"'), "utf-8")
    checked = read_table(export, "sales", mapping=read_mapping(path))
    assert checked.frame["account"].tolist() == ["B"]


def test_of_two_equal_names_the_empty_column_is_no_candidate(tmp_path):
    proposal = propose_mapping(write(tmp_path, "Customer,Client,order date,Sales amount\nA,,2026-01-01,5\n"))
    assert settled(proposal)["account"] == "Customer"


def test_the_same_name_beats_a_synonym(tmp_path):
    proposal = propose_mapping(write(tmp_path, "customer,account,date,amount\nA,1,2026-01-01,5\n"))
    assert settled(proposal)["account"] == "account"
    assert proposal.unmatched == ("customer",)
    kinds_of_proof = propose_mapping(write(tmp_path, "ACCOUNT,Date,Amount\nA,2026-01-01,5\n")).table
    assert kinds_of_proof["reason"].iloc[0] == "same name but for case, blanks or signs"


def test_content_that_contradicts_the_name_leaves_it_undecided(tmp_path):
    proposal = propose_mapping(write(tmp_path, "account,date,amount\nA,Monday,5\nB,Friday,six\nC,2026-01-01,seven\n"))
    assert undecided(proposal, "date") == ["date"]
    assert reason(proposal, "date") == "same name, but only 33% of its cells are dates"
    assert undecided(proposal, "amount") == ["amount"]


def test_half_readable_cells_are_enough(tmp_path):
    proposal = propose_mapping(write(tmp_path, "account,date,amount\nA,2026-01-01,5\nB,Friday,6\n"))
    assert settled(proposal)["date"] == "date"


def test_a_unit_in_brackets_is_never_taken_silently(tmp_path):
    proposal = propose_mapping(write(tmp_path, "客户,日期,金额（万元）\n华信,2026-01-01,5\n"), "sales")
    assert undecided(proposal, "amount") == ["金额（万元）"]
    assert "check the unit" in reason(proposal, "amount")


def test_a_slip_of_the_pen_is_only_a_hint(tmp_path):
    proposal = propose_mapping(write(tmp_path, "acount,date,amount\nA,2026-01-01,5\n"), "sales")
    assert undecided(proposal, "account") == ["acount"]
    assert reason(proposal, "account") == "nearly 'account'"


def test_content_alone_decides_nothing(tmp_path):
    text = "k1,k2,k3,k4\nX1,2026-01-01,5,A\nX2,2026-01-02,6,B\nX3,2026-01-03,6,B\n"
    proposal = propose_mapping(write(tmp_path, text), "opportunities")
    assert settled(proposal) == {}
    assert undecided(proposal, "opportunity") == ["k1"]
    assert undecided(proposal, "amount") == ["k3"]
    assert undecided(proposal, "stage") == ["k4"]
    assert read_mapping(saved(tmp_path, proposal)).tables["opportunities"].columns == {}


ONE_CLOSE_DATE = (
    "deal id,stage,amount,close date\n1,Won,5,2026-09-01\n2,Lost,5,2026-09-02\n3,Offer,5,{}\n4,Offer,5,{}\n"
)


@pytest.mark.parametrize(
    ("on_open", "wanted"),
    [
        (("", ""), {"closed": "close date"}),
        (("2026-12-01", "2026-12-02"), {"expected_close": "close date", "closed": "close date"}),
        (("2026-12-01", ""), {"expected_close": "close date", "closed": "close date"}),
    ],
)
def test_where_a_close_date_is_filled_says_which_it_is(tmp_path, on_open, wanted):
    found = settled(propose_mapping(write(tmp_path, ONE_CLOSE_DATE.format(*on_open))))
    assert {ours: theirs for ours, theirs in found.items() if ours in ("expected_close", "closed")} == wanted


def test_a_close_date_filled_on_few_open_deals_is_left_to_the_reader(tmp_path):
    open_deals = "".join(f"{n},Offer,5,\n" for n in range(10, 15))
    proposal = propose_mapping(write(tmp_path, ONE_CLOSE_DATE.format("2026-12-01", "") + open_deals))
    assert undecided(proposal, "closed") == undecided(proposal, "expected_close") == ["close date"]


def test_a_close_date_without_known_outcomes_is_left_to_the_reader(tmp_path):
    text = "deal id,stage,amount,close date\n1,Offer,5,2026-09-01\n2,Demo,5,2026-09-02\n"
    proposal = propose_mapping(write(tmp_path, text))
    assert undecided(proposal, "closed") == ["close date"]


def test_an_empty_close_date_is_left_to_the_reader(tmp_path):
    text = "deal id,stage,amount,close date\n1,Won,5,\n2,Demo,5,\n"
    assert undecided(propose_mapping(write(tmp_path, text)), "closed") == ["close date"]


def test_columns_that_differ_only_in_case_are_rivals_and_no_hindrance(tmp_path):
    proposal = propose_mapping(write(tmp_path, "account,date,AMOUNT,aMount\nA,2026-01-01,5,6\n"))
    assert undecided(proposal, "amount") == ["AMOUNT", "aMount"]


def test_a_close_date_beside_an_actual_one_is_the_expected_one(tmp_path):
    text = "deal id,stage,amount,close date,actual close date\n1,Won,5,2026-09-01,2026-09-03\n2,Offer,5,2026-12-02,\n"
    found = settled(propose_mapping(write(tmp_path, text)))
    assert (found["expected_close"], found["closed"]) == ("close date", "actual close date")


STATUS = "deal id,stage,amount,status\n1,Offer,5,Closed Won\n2,Offer,5,LOST\n3,Demo,5,In progress\n"


def test_a_column_that_tells_the_outcome_is_merged_into_ours_and_reads_back(tmp_path):
    export = write(tmp_path, STATUS)
    proposal = propose_mapping(export)
    assert settled(proposal)["outcome"] == "status"
    mapping = read_mapping(saved(tmp_path, proposal))
    assert mapping.tables["opportunities"].merge == {
        "outcome": {"won": ["Closed Won"], "lost": ["LOST"], "": ["In progress"]}
    }
    checked = read_table(export, "opportunities", mapping=mapping)
    assert checked.frame["outcome"].fillna("open").tolist() == ["won", "lost", "open"]


def test_a_status_that_is_no_outcome_is_not_taken_for_one(tmp_path):
    proposal = propose_mapping(write(tmp_path, STATUS.replace("In progress", "Invoiced")))
    assert undecided(proposal, "outcome") == ["status"]
    assert "but holds 'Invoiced'" in reason(proposal, "outcome")


def test_stages_and_a_status_that_agree_are_read_from_the_stages(tmp_path):
    text = "deal id,stage,amount,status\n1,Won,5,Won\n2,Lost,5,Lost\n3,Demo,5,Open\n"
    proposal = propose_mapping(write(tmp_path, text))
    assert settled(proposal)["outcome"] == "stage"
    assert tomllib.loads(proposal.to_toml())["opportunities"]["outcome"] == {"won": ["Won"], "lost": ["Lost"]}


def test_stages_and_a_status_that_differ_are_both_listed(tmp_path):
    text = "deal id,stage,amount,status\n1,Won,5,Won\n2,Lost,5,Won\n3,Demo,5,Open\n"
    proposal = propose_mapping(write(tmp_path, text))
    assert undecided(proposal, "outcome") == ["status", "stage"]
    assert "1 rows unlike the stages" in reason(proposal, "outcome")
    assert "outcome" not in tomllib.loads(proposal.to_toml())["opportunities"]


def test_two_columns_of_outcomes_that_agree_with_the_stages_leave_nothing_to_decide(tmp_path):
    text = "deal id,stage,amount,status,result\n1,Won,5,Won,Win\n2,Lost,5,{},Loss\n3,Demo,5,Open,\n"
    agreeing = propose_mapping(write(tmp_path, text.format("Lost")))
    assert settled(agreeing)["outcome"] == "stage"
    differing = propose_mapping(write(tmp_path, text.format("Won")))
    assert undecided(differing, "outcome") == ["status", "result", "stage"]


def test_unknown_stages_make_a_draft_of_a_ladder_that_is_commented_out(shared):
    text = propose_mapping(shared / "maven_crm" / "sales_pipeline.csv").to_toml()
    assert "ladder" not in tomllib.loads(text)
    drafted = "\n".join(line.removeprefix("# ") for line in text.split("\n\n")[1].splitlines()[1:])
    assert tomllib.loads(drafted)["ladder"]["stages"] == [
        {"name": "Prospecting", "probability": 0.1},
        {"name": "Engaging", "probability": 0},
    ]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if (sample_folder() / f"{kind}.csv").is_file()])
def test_our_own_tables_are_recognised_without_their_file_names_and_need_no_preset(kind, tmp_path):
    path = write(tmp_path, (sample_folder() / f"{kind}.csv").read_text(encoding="utf-8"), "table.csv")
    proposal = propose_mapping(path)
    assert (proposal.kind, proposal.preset) == (kind, None)
    assert proposal.kinds["kind"].iloc[0] == kind
    assert not set(proposal.table.loc[proposal.table["theirs"] != "", "certainty"]) - {"certain"}
    plain, mapped = (read_table(path, kind, mapping=mapping) for mapping in (None, saved(tmp_path, proposal)))
    pd.testing.assert_frame_equal(mapped.frame, plain.frame)


def test_a_file_named_after_its_kind_is_of_that_kind(tmp_path):
    assert propose_mapping(write(tmp_path, "客户\n华信\n", "accounts.csv")).kind == "accounts"


def test_a_file_that_may_be_of_two_kinds_is_refused_with_both(tmp_path):
    with pytest.raises(ValueError, match=r"a file is of one kind: got prospects or accounts.*Say which with kind"):
        propose_mapping(write(tmp_path, "客户,city\n华信,X\n"))


def test_a_file_of_no_known_kind_is_refused_unless_the_kind_is_given(tmp_path):
    weather = write(tmp_path, "station,rain\nX,1.5\n")
    with pytest.raises(ValueError, match=r"like those of a known kind of table.*kind is one of opportunities"):
        propose_mapping(weather)
    proposal = propose_mapping(weather, "sales")
    assert undecided(proposal, "amount") == ["rain"]


def test_an_unknown_kind_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(ValueError, match=r"got 'sale'\. Did you mean 'sales'"):
        propose_mapping(write(tmp_path, "account\nA\n"), "sale")


def test_a_table_without_column_names_is_refused(tmp_path):
    path = tmp_path / "numbers.parquet"
    pd.DataFrame({" ": [1]}).to_parquet(path)
    with pytest.raises(ValueError, match="a table has named columns"):
        propose_mapping(path)


@pytest.mark.parametrize("name", preset_names())
def test_a_standard_export_finds_its_preset_and_the_proposal_does_what_the_preset_does(name, tmp_path):
    path = write(tmp_path, EXPORTS[name][0])
    proposal = propose_mapping(path)
    assert (proposal.kind, proposal.preset) == ("opportunities", name)
    assert proposal.presets["preset"].iloc[0] == name
    assert f"those of the preset {name}, which reads it as it is" in proposal.to_toml()
    mapping = read_mapping(saved(tmp_path, proposal))
    assert mapping.ladder.names == load_preset(name).ladder.names
    found, wanted = (apply_preset(read_raw(path), preset)[0] for preset in (mapping, load_preset(name)))
    pd.testing.assert_frame_equal(found, wanted)


def test_a_preset_is_not_taken_where_stages_are_ones_own_but_named_with_what_it_lacks(tmp_path):
    path = write(tmp_path, EXPORTS["zoho"][0].replace("Qualification", "Tasting"))
    proposal = propose_mapping(path)
    assert proposal.preset == "zoho"
    assert "which does not know every stage of it" in proposal.to_toml()
    assert read_mapping(saved(tmp_path, proposal)).ladder.names == load_preset("zoho").ladder.names
    assert '  # { name = "Tasting", probability = 0 },  # 1 row' in proposal.to_toml()
    with pytest.raises(ValueError, match=r"'Tasting' \(1\)"):
        read_table(path, "opportunities", mapping=saved(tmp_path, proposal))
    assert proposal.stages.set_index("stage")["meaning"]["Tasting"] == "unknown"


def test_synonyms_are_of_columns_that_a_kind_has():
    words = tomllib.loads((PRESETS / "_synonyms.toml").read_text(encoding="utf-8"))
    known = {name for contract in CONTRACTS.values() for name in contract.names}
    assert set(words["columns"]) <= known
    assert set(words["outcomes"]) == {"won", "lost", "open"}


def test_a_column_means_one_thing_within_a_kind_but_for_the_two_close_dates():
    words = tomllib.loads((PRESETS / "_synonyms.toml").read_text(encoding="utf-8"))["columns"]
    for contract in CONTRACTS.values():
        names = [(name, ours) for ours in contract.names for name in words.get(ours, ())]
        twice = {name for name, ours in names if any(other == name and ours != mine for other, mine in names)}
        assert twice <= {"close date", "closing date"}, contract.kind


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), min_size=1, unique=True))
def test_whatever_the_columns_are_called_the_proposal_is_a_mapping_file(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("any") / 'a "b"\x7f.parquet'
    pd.DataFrame([["x"] * (len(names) + 2)], columns=[*names, "Amount (€)", "Account"]).to_parquet(path)
    proposal = propose_mapping(path, "sales")
    table = read_mapping(saved(path.parent, proposal)).tables["sales"]
    assert set(table.columns.values()) <= {*names, "Account"}
    assert table.file == path.name
    assert set(proposal.unmatched) <= {*names, "Amount (€)"}


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_columns_lists_the_kinds_and_the_presets():
    done = run()
    assert done.exit_code == 0, done.output
    for kind, contract in CONTRACTS.items():
        assert f"{kind}: {contract.meaning}" in done.output
    rows = [line.split() for line in done.output.splitlines()]
    assert ["amount", "number", "needed", "value", "in", "whole", "currency", "units"] in rows
    assert ["owner", "text", "may", "have", "the", "salesperson"] in rows
    assert all(any(row[:1] == [name] for row in rows) for name in preset_names())


def test_columns_with_a_file_prints_the_reasons_and_writes_the_mapping(tmp_path):
    export, out = write(tmp_path, STATUS), tmp_path / "map.toml"
    done = run(export, "--out", out)
    assert done.exit_code == 0, done.output
    assert "export.csv, read as opportunities" in done.output
    assert "known synonym (deal id)" in done.output
    assert read_mapping(out).tables["opportunities"].columns["opportunity"] == "deal id"


def test_columns_overwrites_only_with_force(tmp_path):
    export, out = write(tmp_path, STATUS), write(tmp_path, "mine", "map.toml")
    done = run(export, "--out", out)
    assert done.exit_code == 2
    assert "map.toml, which exists" in done.output
    assert out.read_text(encoding="utf-8") == "mine"
    assert run(export, "--out", out, "--force").exit_code == 0
    assert read_mapping(out).tables


def test_columns_prints_names_as_text(tmp_path):
    done = run(write(tmp_path, "account,date,amount,[red]x[/red]\nA,2026-01-01,5,1\n"))
    assert "[red]x[/red]" in done.output


WRONG_CALLS = {
    "no such file": (["nowhere.csv"], "the file must exist"),
    "another format": (["notes.pdf"], "got notes.pdf"),
    "an unknown kind": (["{file}", "--kind", "sale"], "Did you mean 'sales'"),
    "an output without a file": (["--out", "map.toml"], "Name the file first"),
    "a folder that is not there": (["{file}", "--out", "no/where/map.toml"], "--out must be writable"),
}


@pytest.mark.parametrize("name", WRONG_CALLS)
def test_bad_input_exits_with_2_and_a_message(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "account,amount", "notes.pdf")
    words, message = WRONG_CALLS[name]
    done = run(*(word.format(file=write(tmp_path, STATUS)) for word in words))
    assert done.exit_code == 2
    assert message in done.output
    assert "Traceback" not in done.output


def test_the_currency_of_the_amount_is_found_under_the_name_it_has_in_reports(tmp_path):
    text = "deal id,stage,amount,amount currency,status\n1,New,5,EUR,won\n2,Old,6,EUR,lost\n"
    assert settled(propose_mapping(write(tmp_path, text), "opportunities"))["currency"] == "amount currency"


@pytest.mark.parametrize(
    ("name", "old", "new", "stage"),
    [
        ("zoho", "Closed-Lost to Competition", "Lost - custom", None),
        ("odoo", "Qualified,400", "Given up,400", "Given up"),
        ("pipedrive", "Demo Scheduled,lost", "Given up,lost", "Given up"),
    ],
)
def test_a_stage_on_which_no_open_deal_stands_is_no_step_of_the_ladder(name, old, new, stage, tmp_path):
    assert old in EXPORTS[name][0]
    path = write(tmp_path, EXPORTS[name][0].replace(old, new))
    proposal = propose_mapping(path)
    assert proposal.preset == name
    if stage is None:  # nothing but its name tells how the deal ended, and that no preset knows
        assert proposal.stages.set_index("stage")["meaning"][new] == "unknown"
        return
    assert proposal.stages.set_index("stage")["meaning"][stage] == "lost"
    assert f'name = "{stage}"' not in proposal.to_toml()
    mapping = read_mapping(saved(tmp_path, proposal))
    assert mapping.ladder.names == load_preset(name).ladder.names
    checked = read_table(path, "opportunities", mapping=mapping)
    assert checked.frame["outcome"].tolist()[-1] == "lost"


def test_a_custom_lost_stage_of_salesforce_is_told_by_the_flags(tmp_path):
    text = (
        "Opportunity ID,Account Name,Opportunity Owner,Stage,Amount,Close Date,Created Date,Probability (%),Won,Closed"
        "\n"
        "1,A,Li,Needs Analysis,5,2026-12-01,2026-01-01,20,false,false\n"
        "2,A,Li,Lost - custom,5,2026-03-01,2026-01-01,0,false,true\n"
        "3,A,Li,Archived,5,2026-03-01,2026-01-01,0,false,true\n"
        "4,A,Li,Archived,5,2026-03-01,2026-01-01,100,true,true\n"
    )
    path = write(tmp_path, text)
    proposal = propose_mapping(path)
    assert proposal.preset == "salesforce"
    meanings = proposal.stages.set_index("stage")["meaning"]
    assert meanings[["Lost - custom", "Archived", "Needs Analysis"]].tolist() == ["lost", "closed", "step"]
    assert "which reads it as it is" in proposal.to_toml()
    checked = read_table(path, "opportunities", mapping=saved(tmp_path, proposal))
    assert checked.frame["outcome"].fillna("open").tolist() == ["open", "lost", "lost", "won"]
