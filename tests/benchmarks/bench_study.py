"""How long the study of the sample takes, part by part, and how large what it writes is."""

import tempfile
import time
from pathlib import Path

import custvalue as cv


def main():
    """Print seconds and bytes."""
    start = time.perf_counter()
    study = cv.run_study(cv.sample_folder(), as_of="2026-09-30")
    done = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        page = study.to_html(Path(folder, "report.html"))
        written = time.perf_counter()
        book = study.to_excel(Path(folder, "study.xlsx"))
        print(
            f"run {done - start:.2f} s, report {written - done:.2f} s, workbook {time.perf_counter() - written:.2f} s"
        )
        print(f"report {page.stat().st_size / 1e6:.2f} MB, workbook {book.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
