"""The look: contrast, order of the palettes, and that colour never stands alone."""

from itertools import pairwise

import pytest

from custvalue.charts import theme

WHITE, BLACK, DARK_PAGE = "#FFFFFF", "#000000", "#111111"


def luminance(colour):
    """Return the relative luminance of WCAG 2.2, written out from its definition."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def deuteranope(colour):
    """Return a colour as red-green blindness sees it (Viénot, Brettel and Mollon 1999, in linear light)."""
    linear = [((int(colour[at : at + 2], 16) / 255) ** 2.2) for at in (1, 3, 5)]
    mixed = 0.29275 * linear[0] + 0.70725 * linear[1]
    return mixed, mixed, -0.02234 * linear[0] + 0.02234 * linear[1] + linear[2]


def test_the_text_reads_on_white_on_black_and_nearly_as_well_on_a_dark_page():
    assert contrast(theme.INK, WHITE) >= 4.5
    assert contrast(theme.INK, BLACK) >= 4.5
    assert contrast(theme.INK, DARK_PAGE) >= 4.0


@pytest.mark.parametrize("page", [WHITE, DARK_PAGE])
def test_every_fill_stands_out_from_the_page(page):
    assert min(contrast(colour, page) for colour in (*theme.COLOURWAY, *theme.RAMP)) >= 2.0


@pytest.mark.parametrize("n", [1, 2, 3, 4, 6])
def test_ordered_classes_get_as_many_different_colours_patterns_and_symbols(n):
    assert len(set(theme.ordered_colours(n))) == n
    assert len(set(theme.ordered_patterns(n))) == n
    assert len(set(theme.ordered_symbols(n))) == n


def test_the_ramp_gains_blue_over_red_from_the_lowest_class_to_the_highest():
    ramp = theme.ordered_colours(5)
    blueness = [int(colour[5:7], 16) - int(colour[1:3], 16) for colour in ramp]
    assert all(lower < higher for lower, higher in pairwise(blueness))


def test_three_bands_are_told_apart_without_red_and_green():
    seen = [deuteranope(colour) for colour in theme.ordered_colours(3)]
    for one, other in pairwise(seen):
        assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) > 0.05


def test_the_highest_class_is_solid_and_the_others_carry_a_pattern():
    *lower, highest = theme.ordered_patterns(4)
    assert highest == ""
    assert all(lower)


def test_the_fonts_fall_back_to_chinese_ones_on_every_system():
    for font in ("Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC"):
        assert font in theme.FONT_FAMILY
