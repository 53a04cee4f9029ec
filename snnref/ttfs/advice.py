"""What to do about each cause of error that `diagnose` tells apart."""

from __future__ import annotations

from .options import TTFS

ADVICE = {
    "clipping": "values above x_max all fire at step 0: take a higher threshold, or threshold='maximum'",
    "silence": "values too small for a step are lost: take a larger t_max, or threshold='search'",
    "quantisation": "values are whole steps: take a larger t_max, or threshold='search'",
    "transient": "neurons fire that should not, by rounding: take a larger t_max",  # never in exact arithmetic
    "inherited": "what comes in is wrong already: mend the populations before it, or take a larger t_max for the input",
}


def advice(cause: str, code: TTFS) -> str:
    """One sentence, given the options of the run."""
    if cause in ("silence", "quantisation") and not code.half_step:
        return "the crossing cuts values off to whole steps, half a step too low on average: take half_step=True"
    return ADVICE[cause]
