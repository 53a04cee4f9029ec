"""Figure descriptions of two machines, and settings drawn at random to compare them at."""

import math


def same(ours, theirs):
    """Equal, but for the last digits of a float64 (the browser's NumPy sums in another order)."""
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, float) and isinstance(theirs, int | float):
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)
    return ours == theirs


def draw_values(controls, rng):
    """A value of each control."""
    values = {}
    for c in controls:
        if "samples" in c:
            values[c["name"]] = rng.choice(c["samples"])["value"]
        elif "choices" in c:
            values[c["name"]] = rng.choice(c["choices"])
        else:
            count = round((c["high"] - c["low"]) / c["step"])
            values[c["name"]] = round(c["low"] + rng.randint(0, count) * c["step"], 10)
    return values
