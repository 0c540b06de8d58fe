"""How loyal an account is, whatever it is written as: signs, numbers, words in either language, survey scores."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.checks import FrameCheck
from custvalue.rules.bands import Bands
from custvalue.rules.errors import is_number, refusal
from custvalue.rules.grid import AccountGrid

LoyaltyCuts = Bands | tuple[float, float] | None
SIGNS = ("+", "0", "-")
N_CUTS = 2
REMEDY = "Survey scores need loyalty_cuts=, the lowest and the highest score that is neutral."


def check_cuts(cuts: LoyaltyCuts, grid: AccountGrid) -> None:
    """Refuse cuts of survey scores that do not lead to the grid's signs."""
    if isinstance(cuts, Bands):
        if cuts.names != grid.loyalty[::-1]:
            raise refusal(
                f"loyalty_cuts must be bands named {list(grid.loyalty[::-1])}, lowest first",
                cuts.names,
                "Name the bands by the grid's signs.",
            )
    elif cuts is not None:
        pair = isinstance(cuts, tuple | list) and len(cuts) == N_CUTS and all(is_number(cut) for cut in cuts)
        if not pair or cuts[0] > cuts[1] or grid.loyalty != SIGNS:
            raise refusal(
                "loyalty_cuts must be the lowest and the highest neutral score, for the signs + 0 -",
                cuts,
                "For scores 0-10 of which 7 and 8 are neutral write (7, 8); for other signs pass Bands.",
            )


def loyalty_values(check: FrameCheck, loyalty: str, grid: AccountGrid, cuts: LoyaltyCuts) -> tuple[NDArray[Any], bool]:
    """Return the numbers 1, 0, -1 as they stand and False, or codes from the most loyal sign and True.

    The numbers are not checked here: whoever walks through them says whether they are signs, and asks
    :func:`loyalty_codes` to word it if they are not.
    """
    if cuts is None and grid.loyalty == SIGNS and check.has(loyalty):
        dtype = check.frame[loyalty].dtype
        if isinstance(dtype, np.dtype) and dtype.kind in "iuf":
            return check.frame[loyalty].to_numpy(), False
    return loyalty_codes(check, loyalty, grid, cuts), True


def loyalty_codes(check: FrameCheck, loyalty: str, grid: AccountGrid, cuts: LoyaltyCuts = None) -> kernels.Codes:
    """Return each account's place among the grid's signs, -1 where missing; note what cannot be read."""
    n = len(check.frame)
    if cuts is not None:
        return _by_cuts(check.numbers(loyalty, purpose="survey scores"), cuts)
    if not check.require(loyalty, "+, 0 or -"):
        return np.full(n, kernels.MISSING_CODE, dtype=np.int8)
    codes, distinct = pd.factorize(check.frame[loyalty])
    spellings = grid.loyalty_spellings
    signs = {str(value): spellings.get(str(value).strip().casefold()) for value in distinct}
    known = {text: sign for text, sign in signs.items() if sign is not None}
    if len(known) < len(signs):
        # Reads the column once more, to say which rows and values they are.
        check.choices(loyalty, grid.loyalty, aliases=known, remedy=REMEDY)
    places = [grid.loyalty.index(known[text]) if text in known else kernels.MISSING_CODE for text in signs]
    table = np.array([*places, kernels.MISSING_CODE], dtype=np.int8)
    return table[codes]


def _by_cuts(scores: kernels.Floats, cuts: Bands | tuple[float, float]) -> kernels.Codes:
    if isinstance(cuts, Bands):
        ends, owned = cuts.cuts, cuts.owned_by_upper
    else:
        # Both ends belong to the middle, as in the other two angles.
        ends, owned = tuple(cuts), (True, False)
    codes = kernels.band_codes(scores, ends, owned)
    return np.where(codes < 0, kernels.MISSING_CODE, len(ends) - codes).astype(np.int8)
