"""Hostile inputs, how a case is measured, and the table of what each came to.

$ROWGATE_ATTACK is `short` (the default: one of four cheap cases, with small sizes) or `long` (`make attack`).
"""

import os

import pytest

LONG = os.environ.get("ROWGATE_ATTACK", "short") == "long"


def size(of_long, of_short):
    """A size that the form of the run chooses."""
    return of_long if LONG else of_short


def parametrized(cases):
    """Each case by its name; in the short form one of four, and none that takes long (`is_long`)."""
    cases = list(cases)
    chosen = cases if LONG else [case for case in cases if not case.is_long][::4]
    names = [case.name for case in chosen]
    assert len(names) == len(set(names)), "two cases have one name"
    return pytest.mark.parametrize("case", chosen, ids=names)
