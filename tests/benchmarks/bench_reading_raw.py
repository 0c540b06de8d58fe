"""How long one million rows x 12 columns take to read as they stand, beside pyarrow.csv in the same run."""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from custvalue.frames.sources import read_source

N_ROWS, N_SHEET_ROWS, REPEATS = 1_000_000, 50_000, 7


def deals(n, owners):
    """Return opportunities as a CRM exports them."""
    rng = np.random.default_rng(20260930)

    def days(first):
        return np.datetime_as_string(np.datetime64(first) + rng.integers(0, 700, n))

    return pd.DataFrame(
        {
            "opportunity": [f"D{number:07d}" for number in range(n)],
            "account": np.array([f"Account {number}" for number in range(5_000)])[rng.integers(0, 5_000, n)],
            "owner": np.array(owners)[rng.integers(0, len(owners), n)],
            "stage": np.array(["need", "quote", "terms", "trial", "final"])[rng.integers(0, 5, n)],
            "amount": np.round(rng.lognormal(10, 1, n), 2),
            "created": days("2024-01-01"),
            "expected_close": days("2025-01-01"),
            "closed": days("2025-01-01"),
            "outcome": np.array(["won", "lost", ""])[rng.integers(0, 3, n)],
            "probability": np.round(rng.random(n), 3),
            "currency": "EUR",
            "attitude": np.array(["unaware", "torn"])[rng.integers(0, 2, n)],
        }
    )


def timed(*functions):
    """Return the seconds of every run, functions in columns, run in turn so that all meet the same machine."""
    seconds = np.empty((REPEATS, len(functions)))
    for run in seconds:
        for place, function in enumerate(functions):
            start = time.perf_counter()
            function()
            run[place] = time.perf_counter() - start
    return seconds


def main():
    """Print seconds, and the ratio to pyarrow.csv with every column a string."""
    frame = deals(N_ROWS, ["Li Wei", "Anna Schmidt", "José Pérez", "王芳"])
    strings = pa.csv.ConvertOptions(column_types={name: pa.string() for name in frame})
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "plain.csv")
        frame.to_csv(plain, index=False)
        runs = timed(lambda: read_source(plain), lambda: pa.csv.read_csv(plain, convert_options=strings).to_pandas())
        ours, theirs = runs.min(axis=0)
        size = plain.stat().st_size / 1e6
        print(f"plain UTF-8, {N_ROWS:,} rows, {size:.0f} MB: {ours:.2f} s, pyarrow.csv {theirs:.2f} s")
        print(f"ratio {np.median(runs[:, 0] / runs[:, 1]):.2f} (median of {REPEATS} runs side by side)")
        text = plain.read_text(encoding="utf-8")
        noted = frame.assign(account=frame["account"].where(frame.index % 100 > 0, "Main Street 5,\nLondon, UK\nSW1"))
        others = {
            "CRLF": text.replace("\n", "\r\n").encode(),
            "one blank line": text.replace("\n", "\n\n", 2).encode(),
            "UTF-16": text.encode("utf-16"),
            "GBK": text.replace("José Pérez", "赵敏").encode("gbk"),
            "every cell quoted": frame.to_csv(index=False, quoting=1).encode(),
            "line breaks in 1 % of the rows": noted.to_csv(index=False).encode(),
            "quotes inside unquoted cells": text.replace("Account 1", 'Account 1" disk').encode(),
        }
        for what, data in others.items():
            path = Path(folder, "other.csv")
            path.write_bytes(data)
            seconds = timed(lambda path=path: read_source(path)).min()
            print(f"{what}: {seconds:.2f} s ({seconds / theirs:.1f} x pyarrow.csv on plain)")
        sheet = Path(folder, "deals.xlsx")
        frame.head(N_SHEET_ROWS).to_excel(sheet, index=False, engine="xlsxwriter")
        seconds = timed(lambda: read_source(sheet)).min()
        print(f"XLSX, {N_SHEET_ROWS:,} rows: {seconds:.2f} s")


if __name__ == "__main__":
    main()
