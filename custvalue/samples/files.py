"""The sample's files: written from a simulated company, and where to find it."""

from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from custvalue.rules.errors import refusal
from custvalue.samples.company import Company
from custvalue.samples.exercise import exercise_frame

# Rates are written with four decimals, money with two at most, and whole numbers without any.
RATE_DECIMALS, MONEY_DECIMALS = 4, 2
RATES = ("winnable_share", "current_share", "probability", "share")


def write_sample(company: Company, folder: str | Path) -> list[Path]:
    """Write every frame of a company, and the lecture's exercise, as CSV (UTF-8, rounded), one file per frame.

    The same company gives the same bytes.

    Parameters
    ----------
    company : Company
    folder : path
        Made if it is not there; files of the same names are replaced.

    Returns
    -------
    list of Path
        The files written, named after the frames.

    Examples
    --------
    >>> import tempfile
    >>> from custvalue.samples import simulate_company
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = write_sample(simulate_company(1, n_accounts=5, n_quarters=1), folder)
    >>> paths[0].name, len(paths)
    ('accounts.csv', 15)
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, frame in {**company.frames, "exercise": exercise_frame()}.items():
        path = target / f"{name}.csv"
        _as_text(frame).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
        written.append(path)
    return written


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its numbers as the text to be written, so that no writer chooses the digits."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_float_dtype(column) and not isinstance(column.dtype, pd.Float64Dtype):
            columns[name] = _decimals(column, RATE_DECIMALS if name in RATES else MONEY_DECIMALS)
        elif pd.api.types.is_datetime64_any_dtype(column):
            columns[name] = column.dt.strftime("%Y-%m-%d")
        else:
            columns[name] = column
    return pd.DataFrame(columns)


def _decimals(column: "pd.Series[float]", decimals: int) -> "pd.Series[str]":
    """Return numbers with so many decimals at most, zeros at the end left out."""
    digits = pd.Series(np.char.mod(f"%.{decimals}f", column.to_numpy()), index=column.index, dtype="str")
    return digits.str.rstrip("0").str.rstrip(".").where(column.notna())


def sample_folder() -> Path:
    """Return the folder of the sample data: inside the installed package, or beside it in a working copy.

    Raises
    ------
    ValueError
        If neither is there.

    Examples
    --------
    >>> (sample_folder() / "accounts.csv").is_file()
    True
    """
    package = Path(str(resources.files("custvalue")))
    for folder in (package / "data" / "sample", package.parent / "data" / "sample"):
        if folder.is_dir():
            return folder
    raise refusal(
        "the sample data must be installed with the package",
        str(package),
        "Install the package again, or write it with: python -m custvalue.samples data/sample",
    )
