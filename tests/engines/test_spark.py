"""Sales lines added up by PySpark, on a cluster of two worker processes and on one machine, beside pandas."""

import os
import sys

import pandas as pd
import pytest

from custvalue import account_revenue

pyspark_sql = pytest.importorskip("pyspark.sql", reason="make engines installs it")

pytestmark = [pytest.mark.shared, pytest.mark.filterwarnings("default")]  # Spark warns of pandas 3
COLUMNS = {"account": "CustomerID", "date": "InvoiceDate"}
EXACT = 1e-9


@pytest.fixture(scope="module", params=["local-cluster[2,1,1024]", "local[2]"])
def session(request):
    os.environ |= {
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_HOME": os.path.dirname(sys.modules["pyspark"].__file__),
    }
    settings = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC"}
    session = pyspark_sql.SparkSession.builder.master(request.param).config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def path(shared):
    return str(shared / "online_retail" / "online_retail_to_2011q2.csv.gz")


@pytest.fixture(scope="module")
def on_spark(session, path):
    from pyspark.sql import functions as f

    lines = session.read.csv(path, header=True, inferSchema=True)
    return lines.withColumn("amount", f.col("Quantity") * f.col("UnitPrice").cast("decimal(12,3)"))


@pytest.fixture(scope="module")
def in_pandas(path):
    frame = pd.read_csv(path, parse_dates=["InvoiceDate"], dtype={"InvoiceNo": "str", "StockCode": "str"})
    return frame.assign(amount=frame["Quantity"] * frame["UnitPrice"])


@pytest.mark.parametrize(("freq", "returns"), [("Q-DEC", "net"), ("M", "net"), ("Q-DEC", "gross")])
def test_spark_adds_up_the_same_rows_as_pandas(on_spark, in_pandas, freq, returns):
    found = account_revenue(on_spark, **COLUMNS, freq=freq, returns=returns)
    wanted = account_revenue(in_pandas, **COLUMNS, freq=freq, returns=returns)
    pd.testing.assert_frame_equal(found, wanted, rtol=EXACT, atol=1e-6)


def test_guests_and_cancellations_are_accounted_for_to_the_penny(on_spark):
    net = account_revenue(on_spark, **COLUMNS)
    guests = net[net["account"].isna()]
    assert guests["n_lines"].sum() == 69_014
    assert guests["revenue"].sum() == pytest.approx(669_449.51, abs=0.005)
    known = net[net["account"].notna()].groupby("account")["revenue"].sum()
    assert (len(known), known.sum()) == (3_002, pytest.approx(3_728_501.25, abs=0.005))
    below = known[known < -1e-6]
    assert (len(below), below.sum()) == (49, pytest.approx(-5_745.21, abs=0.005))


def test_a_text_that_is_missing_on_spark_is_missing_and_not_the_text_nan(session):
    lines = session.createDataFrame(
        [("清水公司", "2026-01-05", 5.0), (None, "2026-02-01", 7.0)], "account string, date string, amount double"
    ).selectExpr("account", "cast(date as timestamp) as date", "amount")
    found = account_revenue(lines)
    assert found["account"].isna().tolist() == [False, True]
    assert found["revenue"].tolist() == [5.0, 7.0]
