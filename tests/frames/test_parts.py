"""Result objects show themselves in a notebook, names as text."""

import pandas as pd

from custvalue import concentration, read_folder, run_study, sample_folder, selling_time, simulate_company


def test_a_result_shows_each_of_its_frames_under_its_name():
    shown = selling_time()._repr_html_()
    assert [part in shown for part in (".year", ".day", ".summary")] == [True] * 3
    assert "other_days_off" in shown


def test_long_frames_are_cut_with_their_length_and_names_are_escaped():
    frame = pd.DataFrame({"account": ["<b>x</b>"] * 30, "revenue": range(30)})
    shown = concentration(frame)._repr_html_()
    assert "10 of 30 rows" in shown
    assert "<b>x</b>" not in shown
    assert "&lt;b&gt;x&lt;/b&gt;" in shown


def test_a_folder_a_company_and_a_study_show_what_they_hold():
    assert "opportunities.csv" in read_folder(sample_folder())._repr_html_()
    assert "stage_history" in simulate_company(1, n_accounts=5, n_quarters=2)._repr_html_()
    shown = run_study(sample_folder(), as_of="2026-09-30")._repr_html_()
    assert "all of them clean" in shown
    assert "concentration_summary" in shown
