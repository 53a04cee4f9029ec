"""What to do about each cause of error that `diagnose` tells apart."""

from __future__ import annotations

from .options import Rate

ADVICE = {
    "clipping": "activations above the scale are cut off: convert with a higher percentile",
    "silence": "weak activations do not fire in that time: give more steps, a lower percentile, or initial=0.5",
    "quantisation": "rates are multiples of one spike in the time: give more steps (twice as many halve it)",
    "transient": "neurons fire before the layers below have settled: give more steps, or hold them with clamp=5",
    "inherited": "what comes in is wrong already: mend the populations before it",
}


def advice(cause: str, code: Rate) -> str:
    """One sentence, given the options of the run."""
    if cause in ("silence", "quantisation") and code.reset == "zero":
        return "a reset to zero throws charge away, and no time brings it back (Eq. 5a): take reset='subtract'"
    if cause == "inherited" and code.encoding == "poisson":
        return f"{ADVICE[cause]}; Poisson input is noise, which falls with the root of the time only"
    return ADVICE[cause]
