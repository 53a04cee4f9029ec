"""What to do about each cause of error that `diagnose` tells apart."""

from __future__ import annotations

from .options import TTFS

ADVICE = {
    "clipping": "values above x_max fire at step 0 all alike: take a higher threshold, or threshold='maximum'",
    "silence": "values below one step do not fire: take a lower threshold, threshold='search', or a larger t_max",
    "quantisation": "values are whole steps: take a lower threshold, threshold='search', or a larger t_max",
    "transient": "neurons fire that should not, by rounding: take a larger t_max",  # never in exact arithmetic
    "inherited": "what comes in is wrong already: mend the populations before it",
}


def advice(cause: str, code: TTFS) -> str:
    """One sentence, given the options of the run."""
    if cause in ("silence", "quantisation") and not code.half_step:
        return "the crossing cuts values off to whole steps, half a step too low on average: take half_step=True"
    return ADVICE[cause]
