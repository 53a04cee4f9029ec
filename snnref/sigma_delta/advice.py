"""What to do about each cause of error that `diagnose` tells apart."""

from __future__ import annotations

from .options import SigmaDelta

ADVICE = {
    "clipping": "counts have no largest value: nothing is clipped",
    "silence": "activations below θ are never said: take a lower threshold, or one relative to a percentile",
    "quantisation": "activations are whole multiples of θ, give or take one: take a lower threshold",
    "inherited": "what comes in is wrong already: take lower thresholds before it, more levels for the input, or a "
    "network trained on 1-bit images",
}


def advice(cause: str, code: SigmaDelta) -> str:
    """One sentence, given the options of the run."""
    if cause in ("silence", "quantisation") and not code.settle:
        return "neurons of large bias that receive nothing send nothing: take settle=True, or a lower threshold"
    if cause in ("transient", "quantisation") and code.quantiser == "hysteresis" and code.strict:
        return "at a difference of just θ nothing is taken back: take strict=False"
    if cause in ("transient", "quantisation") and code.quantiser == "hysteresis" and code.rule == "one":
        return "one spike for each that comes in may be too few: take rule='settled', or a lower threshold"
    if cause == "transient":
        return "hysteresis leaves a count up to one level off: take a lower threshold"
    return ADVICE[cause]
