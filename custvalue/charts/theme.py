"""The look of every chart: one plotly template, fonts with Chinese fallbacks, and palettes ordered like the bands.

The template is registered under the name ``custvalue`` when the charts are imported. It is never made the default:
each figure of the library asks for it, and nothing else in a session changes its looks.

Backgrounds are transparent, so that a chart lies on a light page as well as on a dark one. All text is one neutral
grey, :data:`INK`. On white and on black it reaches the contrast of 4.5 that small text needs; on the near-black of most
dark pages (``#111111``) it reaches 4.1, which no grey can better without failing on white. A page that knows its
background may repaint the text by style sheet. Fills keep a contrast of 2 or more on either side, and every area is
outlined in the grey, marked by a pattern or a symbol, or named in words, so that nothing hangs on its colour.
"""

from collections.abc import Sequence

import plotly.graph_objects as go
import plotly.io as pio

TEMPLATE = "custvalue"

FONT_FAMILY = (
    "Inter, 'Segoe UI', 'Helvetica Neue', Arial, 'Noto Sans', 'Noto Sans CJK SC', 'Noto Sans SC', "
    "'Source Han Sans SC', 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'WenQuanYi Micro Hei', sans-serif"
)
FONT_SIZE = 13
TITLE_SIZE = 16
NOTE_SIZE = 12

INK = "#757575"
GRID = "rgba(117,117,117,0.25)"
OUTLINE_WIDTH = 0.8

# Okabe and Ito's colours, told apart under every common colour blindness. Their yellow and black are left out: each
# vanishes on one of the two backgrounds.
BLUE = "#0072B2"
SKY = "#56B4E9"
GREEN = "#009E73"
ORANGE = "#E69F00"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
COLOURWAY = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)

# From the lowest class to the highest: grey gains colour, then depth. "More" means more colour, so the order is seen on
# a light page, where dark stands out, and on a dark one, where light does.
RAMP = ("#A8A8A8", SKY, BLUE)
UNDECIDED = "rgba(117,117,117,0.12)"

# Little to much, for cells that carry numbers. It starts near the middle grey rather than at white, so that an
# empty corner does not glare on a dark page.
HEAT = ((0.0, "#C3CCD3"), (0.5, SKY), (1.0, BLUE))

# The lowest class has the densest pattern, the highest is solid.
_PATTERNS = ("x", "/", ".", "-", "|")
_SYMBOLS = ("x", "diamond", "circle", "square", "triangle-up", "star")
_CHANNELS = (1, 3, 5)
_HEX = 16


def ordered_colours(n: int) -> list[str]:
    """Return ``n`` colours for ordered classes, lowest first: from grey over light blue to deep blue.

    >>> ordered_colours(3)
    ['#A8A8A8', '#56B4E9', '#0072B2']
    >>> ordered_colours(2)
    ['#A8A8A8', '#0072B2']
    """
    if n == 1:
        return [RAMP[-1]]
    return [_between(place * (len(RAMP) - 1) / (n - 1)) for place in range(n)]


def _between(position: float) -> str:
    """Return the colour at a position along the ramp, counted in its steps."""
    left = min(int(position), len(RAMP) - 2)
    part = position - left
    pairs = [(int(RAMP[left][c : c + 2], _HEX), int(RAMP[left + 1][c : c + 2], _HEX)) for c in _CHANNELS]
    return "#" + "".join(f"{round(low + (high - low) * part):02X}" for low, high in pairs)


def ordered_patterns(n: int) -> list[str]:
    """Return ``n`` fill patterns for ordered classes, lowest first; the highest is solid.

    >>> ordered_patterns(3)
    ['x', '/', '']
    """
    return [*(_PATTERNS[place % len(_PATTERNS)] for place in range(n - 1)), ""]


def ordered_symbols(n: int) -> list[str]:
    """Return ``n`` marker symbols for ordered classes, lowest first.

    >>> ordered_symbols(3)
    ['x', 'diamond', 'circle']
    """
    return [_SYMBOLS[place % len(_SYMBOLS)] for place in range(n)]


def bar_marker(colour: str, pattern: str = "") -> dict[str, object]:
    """Return the fill of a bar: a colour, a pattern over it, and an outline that shows on any background."""
    marker: dict[str, object] = {"color": colour, "line": {"color": INK, "width": OUTLINE_WIDTH}}
    if pattern:
        marker["pattern"] = {"shape": pattern, "fillmode": "overlay", "size": 7, "solidity": 0.2, "fgcolor": "#FFFFFF"}
    return marker


def _template(colourway: Sequence[str]) -> go.layout.Template:
    axis = {
        "gridcolor": GRID,
        "linecolor": INK,
        "tickcolor": INK,
        "ticks": "",
        "zerolinecolor": INK,
        "zerolinewidth": 1,
        "automargin": True,
        "title": {"standoff": 10, "font": {"size": FONT_SIZE}},
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT_FAMILY, "size": FONT_SIZE, "color": INK},
            "title": {
                "font": {"size": TITLE_SIZE, "weight": 600},
                "subtitle": {"font": {"size": NOTE_SIZE}},
                "x": 0,
                "xref": "container",
                "xanchor": "left",
                "y": 1,
                "yref": "container",
                "yanchor": "top",
                "pad": {"l": 12, "t": 12},
            },
            "colorway": list(colourway),
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": axis,
            "yaxis": axis,
            "legend": {
                "orientation": "h",
                "x": 0,
                "xref": "container",
                "xanchor": "left",
                "y": 0,
                "yref": "container",
                "yanchor": "bottom",
                "font": {"size": NOTE_SIZE},
            },
            "hoverlabel": {
                "align": "left",
                "bgcolor": "#FFFFFF",
                "bordercolor": INK,
                "font": {"family": FONT_FAMILY, "size": FONT_SIZE, "color": "#222222"},
            },
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": INK, "activecolor": BLUE},
            "margin": {"l": 16, "r": 24, "b": 60},
            "bargap": 0.25,
        }
    )


pio.templates[TEMPLATE] = _template(COLOURWAY)
