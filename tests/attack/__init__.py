"""Hostile inputs, how a case is measured, and the table of what each came to.

$ROWGATE_ATTACK is `short` (the default: all cheap cases, with small sizes) or `long` (`make attack`).
"""

import os

import pytest

LONG = os.environ.get("ROWGATE_ATTACK", "short") == "long"


def size(of_long, of_short):
    """A size that the form of the run chooses."""
    return of_long if LONG else of_short


def parametrized(cases):
    """Each case by its name, without those that only the long form has (`is_long`)."""
    chosen = [case for case in cases if LONG or not case.is_long]
    names = [case.name for case in chosen]
    assert len(names) == len(set(names)), "two cases have one name"
    return pytest.mark.parametrize("case", chosen, ids=names)
