"""One loader per file of the sample: text as text, dates as dates, missing as missing."""

import pandas as pd

from custvalue.rules import playbook
from custvalue.samples.files import sample_folder

DATES = ("since", "date", "created", "expected_close", "closed", "entered", "snapshot", "submitted")
MONEY_AND_RATES = (
    *("revenue", "potential", "winnable_share", "current_share", "amount"),
    *("probability", "forecast", "target", "share", "hours"),
)
POINTS_THAT_CAN_BE_MISSING = ("today", "tomorrow", "priority", *playbook.SCREENING.names)
COUNTS = ("quantity", "points", *playbook.EXERCISE.names)
TRAITS = tuple(pair.name for pair in playbook.HUNTER_FARMER.pairs)


def _load(name: str, *, counts: tuple[str, ...] = COUNTS) -> pd.DataFrame:
    """Read one file; a column that is no date and no number is text."""
    path = sample_folder() / f"{name}.csv"
    kinds = (
        dict.fromkeys(MONEY_AND_RATES, "float64")
        | dict.fromkeys(POINTS_THAT_CAN_BE_MISSING, "Int64")
        | dict.fromkeys(counts, "int64")
    )
    columns = pd.read_csv(path, nrows=0).columns
    return pd.read_csv(
        path,
        encoding="utf-8",
        # Only an empty cell is missing: "NA" could be a name.
        keep_default_na=False,
        na_values={column: [""] for column in columns},
        parse_dates=[column for column in columns if column in DATES],
        date_format="%Y-%m-%d",
        dtype={column: kinds.get(column, "str") for column in columns if column not in DATES},
    )


def load_accounts() -> pd.DataFrame:
    """Load the accounts, quarter by quarter.

    Returns
    -------
    pandas.DataFrame
        One row per account and quarter from its first as a customer, by quarter: ``account``, ``region``,
        ``industry``, ``since`` (date), ``period``, ``revenue`` (CNY in the quarter), ``potential`` (CNY per
        year), ``winnable_share``, ``current_share`` (fractions; the latter missing in the first three
        quarters), ``loyalty`` ('+', '0', '-').

    Examples
    --------
    >>> load_accounts()["period"].nunique()
    8
    """
    return _load("accounts")


def load_sales() -> pd.DataFrame:
    """Load the sales lines.

    Returns
    -------
    pandas.DataFrame
        One row per sales line, by date: ``line``, ``account`` (missing for guests), ``date``, ``product``,
        ``quantity``, ``amount`` (CNY net, negative for returns), ``owner``.

    Examples
    --------
    >>> bool((load_sales()["amount"] < 0).any())
    True
    """
    return _load("sales")


def load_opportunities() -> pd.DataFrame:
    """Load the opportunities as they stand on 2026-09-30.

    Returns
    -------
    pandas.DataFrame
        One row per opportunity, by creation: ``opportunity``, ``account``, ``owner``, ``region``, ``product``,
        ``stage``, ``attitude``, ``amount`` (CNY), ``currency``, ``created``, ``expected_close``, ``closed``
        (dates), ``outcome`` ('won', 'lost', missing while open), ``probability`` (fraction, last entered by the
        rep).

    Examples
    --------
    >>> load_opportunities()["outcome"].dropna().unique().tolist()
    ['won', 'lost']
    """
    return _load("opportunities")


def load_stage_history() -> pd.DataFrame:
    """Load every stage an opportunity entered.

    Returns
    -------
    pandas.DataFrame
        One row per opportunity and stage, in order of both: ``opportunity``, ``stage``, ``entered`` (date).

    Examples
    --------
    >>> list(load_stage_history().columns)
    ['opportunity', 'stage', 'entered']
    """
    return _load("stage_history")


def load_snapshots() -> pd.DataFrame:
    """Load the open pipeline, week by week, as known then.

    Returns
    -------
    pandas.DataFrame
        One row per snapshot day and open opportunity, in order of both: ``snapshot`` (date), ``opportunity``,
        ``owner``, ``stage``, ``amount`` (CNY), ``expected_close`` (date), ``probability`` (fraction).

    Examples
    --------
    >>> load_snapshots()["snapshot"].max()
    Timestamp('2026-09-30 00:00:00')
    """
    return _load("snapshots")


def load_forecasts() -> pd.DataFrame:
    """Load the forecasts the reps submitted.

    Returns
    -------
    pandas.DataFrame
        One row per submission and rep, by date: ``owner``, ``period``, ``forecast`` (CNY the rep expects to win
        in the period), ``submitted`` (date).

    Examples
    --------
    >>> load_forecasts()["owner"].nunique()
    12
    """
    return _load("forecasts")


def load_targets() -> pd.DataFrame:
    """Load the reps' targets.

    Returns
    -------
    pandas.DataFrame
        One row per period and rep: ``owner``, ``period``, ``target`` (CNY to be won in the period).

    Examples
    --------
    >>> len(load_targets())
    96
    """
    return _load("targets")


def load_prospects() -> pd.DataFrame:
    """Load the prospects with their scorecard answers.

    Returns
    -------
    pandas.DataFrame
        One row per prospect: ``prospect``, ``region``, ``industry``, one column of points (0, 1, 2, some
        missing) per criterion of ``playbook.SCREENING``, ``outcome`` ('won', 'lost', missing while open).

    Examples
    --------
    >>> str(load_prospects()["need"].dtype)
    'Int64'
    """
    return _load("prospects")


def load_ratings() -> pd.DataFrame:
    """Load what each rater gave each prospect.

    Returns
    -------
    pandas.DataFrame
        One row per prospect, rater and criterion: ``prospect``, ``rater``, ``criterion``, ``points`` (0, 1, 2).

    Examples
    --------
    >>> load_ratings()["criterion"].nunique()
    6
    """
    return _load("ratings")


def load_walls() -> pd.DataFrame:
    """Load the walls of the key accounts.

    Returns
    -------
    pandas.DataFrame
        One row per quarter, account and criterion: ``account``, ``period``, ``criterion``, ``today``,
        ``tomorrow`` (points 0, 1, 2, some missing), ``action``, ``priority`` (1 first), ``hours`` (of the
        action; the last three missing where none is planned).

    Examples
    --------
    >>> load_walls()["account"].nunique()
    40
    """
    return _load("walls")


def load_rivals() -> pd.DataFrame:
    """Load the competitors at each account.

    Returns
    -------
    pandas.DataFrame
        One row per quarter, account and rival: ``account``, ``period``, ``rival``, ``share`` (fraction of the
        potential), ``trend`` ('falling', 'stable', 'rising').

    Examples
    --------
    >>> load_rivals()["rival"].nunique()
    5
    """
    return _load("rivals")


def load_reasons() -> pd.DataFrame:
    """Load why accounts buy from us.

    Returns
    -------
    pandas.DataFrame
        One row per account and coded reason: ``account``, ``reason``.

    Examples
    --------
    >>> load_reasons()["reason"].nunique()
    7
    """
    return _load("reasons")


def load_time_log() -> pd.DataFrame:
    """Load where the reps' hours go.

    Returns
    -------
    pandas.DataFrame
        One row per working day, rep and activity: ``rep``, ``date``, ``activity`` (T1 direct selling … T5
        private), ``hours``, ``account`` (visited, for T1).

    Examples
    --------
    >>> sorted(load_time_log()["activity"].unique())
    ['T1', 'T2', 'T3', 'T4', 'T5']
    """
    return _load("time_log")


def load_traits() -> pd.DataFrame:
    """Load the reps' answers on hunters and farmers.

    Returns
    -------
    pandas.DataFrame
        One row per rep: ``rep`` and one column per pair of ``playbook.HUNTER_FARMER``, from -2 (farmer) to 2
        (hunter).

    Examples
    --------
    >>> load_traits().shape
    (12, 11)
    """
    return _load("traits", counts=TRAITS)


def load_exercise() -> pd.DataFrame:
    """Load the lecture's group exercise as printed.

    Returns
    -------
    pandas.DataFrame
        One row per prospect: ``prospect`` and ``c1`` to ``c10``, points already weighted.

    Examples
    --------
    >>> load_exercise().drop(columns="prospect").sum(axis=1).tolist()
    [13, 22, 5, 15, 14, 12, 17, 19]
    """
    return _load("exercise")
