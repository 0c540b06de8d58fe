"""What deals share, in words: no number is printed as one it is not."""

import pytest

from custvalue.tracking.revenue_words import basis_text


@pytest.mark.parametrize(
    ("correlation", "shown"),
    [(0.1, "0.1"), (0.12345, "0.123"), (0.999, "0.999"), (0.9994, "0.999"), (0.9995, "0.9995"), (0.9996, "0.9996"),
     (0.99996, "0.99996"), (0.999999, "0.999999"), (1 - 2**-53, "0.9999999999999999"), (0.0004, "0.0004")],
)  # fmt: skip
def test_a_correlation_below_one_is_not_printed_as_one(correlation, shown):
    assert f"(latent correlation {shown}, of outcomes 1)" in basis_text(correlation, 1.0, [], False, "en")
    assert f"潜在相关{shown}，结果相关1）" in basis_text(correlation, 1.0, [], False, "zh")
    assert f"of outcomes {shown})" in basis_text(0.5, correlation, [], False, "en")
    assert float(shown) < 1


@pytest.mark.parametrize(
    ("strengths", "shown"),
    [([10.0], "10"), ([2.5, 40.0], "2.5–40"), ([1234.0], "1,234"), ([999.6], "1,000"), ([8.0, 20_000.0], "8–20,000")],
)
def test_many_past_deals_are_counted_out(strengths, shown):
    assert basis_text(0.0, 0.0, strengths, False, "en").endswith(f"worth {shown} past deals")
