"""Decision-grade customer value: screen prospects, track orders, analyse accounts, price selling time.

Charts and the study load on first use, so that importing the library does not import plotly.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from custvalue.analysis import Concentration, concentration, score_walls, segment_accounts, segment_summary
from custvalue.effort import SellingTime, profile_people, selling_time
from custvalue.frames import (
    Checked,
    account_revenue,
    convert_currency,
    opportunities_from_lines,
    propose_mapping,
    read_folder,
    read_mapping,
    read_table,
)
from custvalue.rules import playbook
from custvalue.samples import (
    Company,
    Effects,
    load_accounts,
    load_exercise,
    load_forecasts,
    load_opportunities,
    load_prospects,
    load_ratings,
    load_reasons,
    load_rivals,
    load_sales,
    load_snapshots,
    load_stage_history,
    load_targets,
    load_time_log,
    load_traits,
    load_walls,
    sample_folder,
    simulate_company,
)
from custvalue.screening import rank_opportunities, score_prospects
from custvalue.tracking import expected_revenue, pipeline_by_stage, win_rates

if TYPE_CHECKING:
    from custvalue import charts
    from custvalue.study import Study, run_study

__version__ = "0.1.0"

__all__ = [
    "Checked",
    "Company",
    "Concentration",
    "Effects",
    "SellingTime",
    "Study",
    "account_revenue",
    "charts",
    "concentration",
    "convert_currency",
    "expected_revenue",
    "load_accounts",
    "load_exercise",
    "load_forecasts",
    "load_opportunities",
    "load_prospects",
    "load_ratings",
    "load_reasons",
    "load_rivals",
    "load_sales",
    "load_snapshots",
    "load_stage_history",
    "load_targets",
    "load_time_log",
    "load_traits",
    "load_walls",
    "opportunities_from_lines",
    "pipeline_by_stage",
    "playbook",
    "profile_people",
    "propose_mapping",
    "rank_opportunities",
    "read_folder",
    "read_mapping",
    "read_table",
    "run_study",
    "sample_folder",
    "score_prospects",
    "score_walls",
    "segment_accounts",
    "segment_summary",
    "selling_time",
    "simulate_company",
    "win_rates",
]

_ON_FIRST_USE = {"charts": "custvalue.charts", "Study": "custvalue.study", "run_study": "custvalue.study"}


def __getattr__(name: str) -> Any:
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(_ON_FIRST_USE[name])
    return module if name == "charts" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
