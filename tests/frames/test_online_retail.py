"""A UK wholesaler's 245,903 sales lines to June 2011 (UCI Online Retail, doi 10.24432/C5BW33), to the penny.

Which lines each published figure is made of, found by the oracle below, which adds up Decimals line by line:

- known customers, sales: lines with a customer, positive quantity and positive price. No price here is negative, so
  they are the lines with a customer and an amount above zero: ``returns="gross"``.
- known customers, net: all lines with a customer. The 13 priced at zero change neither the sum nor who is counted.
- lines without a customer: all of them, 253 cancellations and 1,465 lines priced at zero included.
"""

import csv
import gzip
from decimal import Decimal

import duckdb
import pandas as pd
import polars as pl
import pytest

from custvalue import account_revenue

pytestmark = pytest.mark.shared

COLUMNS = {"account": "CustomerID", "date": "InvoiceDate"}
EXACT = 1e-9  # floats of a few million pounds, added up in any order, are right to far less than a penny


@pytest.fixture(scope="module")
def path(shared):
    return shared / "online_retail" / "online_retail_to_2011q2.csv.gz"


@pytest.fixture(scope="module")
def oracle(path):
    """Return every line as customer ("" if none), quarter, quantity, price and amount in Decimals."""
    quarter = {
        "12": "2010Q4",
        **dict.fromkeys(("01", "02", "03"), "2011Q1"),
        **dict.fromkeys(("04", "05", "06"), "2011Q2"),
    }
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [
            (row["CustomerID"].removesuffix(".0"), quarter[row["InvoiceDate"][5:7]], quantity, price, quantity * price)
            for row in csv.DictReader(file)
            for quantity, price in [(Decimal(row["Quantity"]), Decimal(row["UnitPrice"]))]
        ]


@pytest.fixture(scope="module")
def sales(path):
    """Return the lines as each engine reads them by itself: pandas and Polars with float customers."""
    frame = pd.read_csv(path, parse_dates=["InvoiceDate"], dtype={"InvoiceNo": "str", "StockCode": "str"})
    assert frame["CustomerID"].dtype == "float64"
    lazy = pl.scan_csv(path, try_parse_dates=True, schema_overrides={"InvoiceNo": pl.String})
    connection = duckdb.connect()
    relation = connection.sql(
        f"select *, Quantity * UnitPrice::decimal(12, 3) as amount from read_csv('{path}', all_varchar = false)"
    )
    yield {
        "pandas": frame.assign(amount=frame["Quantity"] * frame["UnitPrice"]),
        "polars lazy": lazy.with_columns(amount=pl.col("Quantity") * pl.col("UnitPrice")),
        "duckdb": relation,
    }
    connection.close()


ENGINES = ["pandas", "polars lazy", "duckdb"]


def by_customer(rows):
    known = rows[rows["account"].notna()]
    return known.groupby("account")[["revenue", "n_lines", "n_negative", "negative"]].sum()


@pytest.mark.parametrize("engine", ENGINES)
def test_sales_to_known_customers(sales, engine, oracle):
    sold = [row for row in oracle if row[0] and row[2] > 0 and row[3] > 0]
    assert sum(row[4] for row in sold) == Decimal("3993805.651")
    assert len({row[0] for row in sold}) == 2_960
    assert min(row[3] for row in oracle) == 0

    customers = by_customer(account_revenue(sales[engine], **COLUMNS, returns="gross"))
    assert customers["revenue"].sum() == pytest.approx(3_993_805.651, rel=EXACT)
    assert round(customers["revenue"].sum(), 2) == 3_993_805.65
    assert (customers["revenue"] > 0).sum() == 2_960
    # The others only ever returned something, or had something for nothing.
    assert len(customers) == 3_002


@pytest.mark.parametrize("engine", ENGINES)
def test_known_customers_net_of_cancellations(sales, engine, oracle):
    known = [row for row in oracle if row[0]]
    assert sum(row[4] for row in known) == Decimal("3728501.251")
    assert sum(row[4] for row in known if row[2] < 0) == Decimal("-265304.40")

    rows = account_revenue(sales[engine], **COLUMNS)
    customers = by_customer(rows)
    assert len(customers) == 3_002
    assert round(customers["revenue"].sum(), 2) == 3_728_501.25
    negative = customers.loc[customers["revenue"].round(2) < 0, "revenue"]
    assert len(negative) == 49
    assert round(negative.sum(), 2) == -5_745.21
    assert customers["n_negative"].sum() == 4_241
    assert round(customers["negative"].sum(), 2) == -265_304.40
    assert customers.index.str.fullmatch(r"\d{5}").all()
    assert "17850" in customers.index


@pytest.mark.parametrize("engine", ENGINES)
def test_lines_without_a_customer(sales, engine, oracle):
    guests = [row for row in oracle if not row[0]]
    assert (len(guests), sum(row[4] for row in guests)) == (69_014, Decimal("669449.51"))

    rows = account_revenue(sales[engine], **COLUMNS)
    nameless = rows[rows["account"].isna()]
    assert nameless["period"].tolist() == ["2010Q4", "2011Q1", "2011Q2"]
    assert nameless["n_lines"].sum() == 69_014
    assert round(nameless["revenue"].sum(), 2) == 669_449.51
    assert round(nameless["negative"].sum(), 2) == -163_211.33
    assert nameless.index.tolist() == list(range(len(rows) - 3, len(rows)))


@pytest.mark.parametrize("returns", ["net", "gross"])
@pytest.mark.parametrize("engine", ENGINES)
def test_every_customer_and_quarter_equals_the_decimals(sales, engine, oracle, returns):
    expected = {}
    for customer, quarter, _, _, amount in oracle:
        row = expected.setdefault((customer, quarter), [Decimal(0), 0, 0, Decimal(0)])
        row[0] += amount if returns == "net" else max(amount, 0)
        row[1] += 1
        row[2] += amount < 0
        row[3] += min(amount, 0)
    rows = account_revenue(sales[engine], **COLUMNS, returns=returns)
    keys = sorted(expected, key=lambda key: (key[0] == "", key))
    assert list(zip(rows["account"].fillna(""), rows["period"], strict=True)) == keys
    wanted = pd.DataFrame([[float(value) for value in expected[key]] for key in keys])
    assert rows["n_lines"].tolist() == wanted[1].tolist()
    assert rows["n_negative"].tolist() == wanted[2].tolist()
    # DuckDB adds up decimals, exactly; floats are right to a thousandth of a penny.
    within = 0 if engine == "duckdb" else 1e-5
    assert (rows["revenue"] - wanted[0]).abs().max() <= within
    assert (rows["negative"] - wanted[3]).abs().max() <= within


@pytest.mark.parametrize("engine", ENGINES)
def test_the_first_quarter_is_partial_and_no_month_is(sales, engine):
    quarters = account_revenue(sales[engine], **COLUMNS).groupby("period")["partial"].unique()
    assert {period: flags.tolist() for period, flags in quarters.items()} == {
        "2010Q4": [True],
        "2011Q1": [False],
        "2011Q2": [False],
    }
    months = account_revenue(sales[engine], **COLUMNS, freq="M")
    assert sorted(months["period"].unique()) == ["2010-12", *(f"2011-0{month}" for month in range(1, 7))]
    assert not months["partial"].any()


def test_exact_duplicate_lines_are_kept(sales):
    frame = sales["pandas"]
    assert frame.duplicated().sum() == 2_012
    rows = account_revenue(frame, **COLUMNS)
    assert rows["n_lines"].sum() == len(frame) == 245_903
    assert rows["revenue"].sum() == pytest.approx(4_397_950.761, rel=EXACT)
    assert account_revenue(frame.drop_duplicates(), **COLUMNS)["n_lines"].sum() == 245_903 - 2_012
