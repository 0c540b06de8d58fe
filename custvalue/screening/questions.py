"""The next question worth asking of a prospect whose band the missing answers leave open."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custvalue import kernels
from custvalue.frames.nullable import classes
from custvalue.frames.room import Room
from custvalue.rules.scorecard import Scorecard


def question_order(scorecard: Scorecard) -> list[int]:
    """Return the places of the criteria in the order in which a missing answer is worth asking for.

    Criteria that can knock a prospect out come first, since while one is open no other answer can keep the prospect
    from being shelved; then those that narrow the bounds most, ``weight × (most points − fewest points)``; ties in the
    card's order. Criteria that can change nothing are left out.

    >>> from custvalue.rules import playbook
    >>> [playbook.SCREENING.names[place] for place in question_order(playbook.SCREENING)][:3]
    ['industry_position', 'company_type', 'need']
    """
    criteria = scorecard.criteria
    fatal = [criterion.knocks_out for criterion in criteria]
    width = [c.weight * (c.max_points - c.min_points) if c.weight > 0 else 0.0 for c in criteria]
    asked = [place for place in range(len(criteria)) if fatal[place] or width[place] > 0]
    # Rounded, so that equal widths of different factors compare equal.
    return sorted(asked, key=lambda place: (not fatal[place], -float(f"{width[place]:.{kernels.SIGNIFICANT}g}")))


def next_question(
    scorecard: Scorecard, points: Sequence[NDArray[Any]], undecided: NDArray[np.int64], room: Room
) -> "pd.Categorical[Any]":
    """Return the missing criterion to ask for next in the undecided rows; missing in all others."""
    codes = room.codes(kernels.MISSING_CODE, n_classes=len(scorecard.criteria))
    if undecided.size:
        found = codes[undecided]
        for place in reversed(question_order(scorecard)):
            found[np.isnan(points[place][undecided])] = place
        codes[undecided] = found
    return classes(codes, scorecard.names)
