"""A simulated company with a known truth, the sample data made from it, and the loaders of the sample."""

from custvalue.samples.company import SAMPLE_SEED, Company, simulate_company
from custvalue.samples.effects import Effects
from custvalue.samples.files import sample_folder, write_sample
from custvalue.samples.loaders import (
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
)

__all__ = [
    "SAMPLE_SEED",
    "Company",
    "Effects",
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
    "sample_folder",
    "simulate_company",
    "write_sample",
]
