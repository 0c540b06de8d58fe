"""Sales lines to accounts on several engines."""

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from custvalue import account_revenue


def lines(n=500, seed=11):
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "account": draw.choice(["甲", "乙", "Acme", None], n),
            "date": pd.Series(np.datetime64("2025-11-01") + draw.integers(0, 400, n).astype("timedelta64[D]")),
            "amount": draw.integers(-50, 500, n).astype(float),
        }
    )


@pytest.mark.parametrize("freq", ["Q-DEC", "Q-JAN", "Q-MAR", "M"])
def test_revenue_by_account_and_period_equals_a_plain_pandas_groupby(freq):
    frame = lines()
    found = account_revenue(frame, freq=freq)
    labels = frame["date"].dt.to_period(freq).astype(str)
    expected = frame.groupby(["account", labels], dropna=False)["amount"].agg(["sum", "size"]).reset_index()
    assert found["account"].fillna("?").tolist() == expected["account"].fillna("?").tolist()
    assert found["period"].tolist() == expected["date"].tolist()
    assert found["revenue"].tolist() == pytest.approx(expected["sum"].tolist())
    assert found["n_lines"].tolist() == expected["size"].tolist()


@pytest.mark.parametrize(
    "convert",
    [
        pl.from_pandas,
        lambda f: pl.from_pandas(f).lazy(),
        duckdb.from_df,
        lambda f: pl.from_pandas(f).to_arrow(),
    ],
    ids=["polars", "polars lazy", "duckdb", "pyarrow"],
)
def test_every_engine_gives_the_pandas_answer(convert):
    frame = lines()
    pd.testing.assert_frame_equal(
        account_revenue(convert(frame)), account_revenue(frame), check_dtype=False, rtol=1e-12
    )


def test_nothing_is_lost_lines_without_an_account_have_rows_of_their_own():
    frame = lines()
    found = account_revenue(frame)
    assert found["revenue"].sum() == frame["amount"].sum()
    assert found["n_lines"].sum() == len(frame)
    nameless = found[found["account"].isna()]
    assert nameless["revenue"].sum() == frame.loc[frame["account"].isna(), "amount"].sum()
    assert found["n_negative"].sum() == (frame["amount"] < 0).sum()


def test_a_line_without_a_date_or_amount_is_refused_with_its_row():
    frame = lines(5).assign(amount=[1.0, 2.0, np.nan, 4.0, 5.0])
    with pytest.raises(ValueError, match=r"amount must not be missing: got nan \(column 'amount', row 2\)"):
        account_revenue(frame)
    frame = lines(3)
    frame.loc[1, "date"] = pd.NaT
    with pytest.raises(ValueError, match="date must not be missing"):
        account_revenue(frame)


def test_columns_that_are_missing_on_any_engine_are_refused_by_name():
    with pytest.raises(ValueError, match="column 'date' is needed"):
        account_revenue(lines().drop(columns="date"))
    with pytest.raises(ValueError, match="column 'amount' is needed"):
        account_revenue(pl.from_pandas(lines()).drop("amount"))
    with pytest.raises(ValueError, match="lines are a frame that narwhals knows"):
        account_revenue([1, 2])
