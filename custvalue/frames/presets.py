"""Presets: mapping files for the standard opportunity exports of six CRM systems."""

from functools import cache
from importlib.resources import files

from custvalue.frames.checks import nearest
from custvalue.frames.mapping import Mapping, parse_mapping
from custvalue.rules.errors import refusal

PRESETS = files("custvalue.frames") / "presets"


def preset_names() -> tuple[str, ...]:
    """Return the names of the presets.

    >>> preset_names()
    ('dynamics365', 'hubspot', 'odoo', 'pipedrive', 'salesforce', 'zoho')
    """
    found = (file.name.removesuffix(".toml") for file in PRESETS.iterdir() if file.name.endswith(".toml"))
    return tuple(sorted(name for name in found if not name.startswith("_")))


@cache
def load_preset(name: str) -> Mapping:
    """Return the preset for one system's standard opportunity export.

    Parameters
    ----------
    name : str
        One of :func:`preset_names`.

    Returns
    -------
    Mapping
        ``.tables`` (how opportunities are read), ``.ladder`` (the system's default stages and probabilities) and
        ``.source`` (product, export, and the pages it rests on; what is unverified).

    Raises
    ------
    ValueError
        If there is no such preset.

    Notes
    -----
    A preset knows the standard names and the default stages; fields and stages of one's own need a mapping file.

    Examples
    --------
    >>> load_preset("odoo").ladder.names
    ('New', 'Qualified', 'Proposition')
    """
    if name not in preset_names():
        raise refusal("a preset is one of the known ones", repr(name), nearest(name, preset_names()))
    return parse_mapping((PRESETS / f"{name}.toml").read_text(encoding="utf-8"), f"preset {name}")
