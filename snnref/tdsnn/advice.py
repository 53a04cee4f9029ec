"""What to do about each cause of error that `diagnose` tells apart."""

from __future__ import annotations

from .options import TDSNN

FINER = "take a larger leak or a smaller unit, or snnref.tdsnn.retrain the network"
ADVICE = {
    "clipping": "times have no largest value: nothing is clipped",
    "silence": f"values next to 0 fire at step 0 and say nothing: {FINER}",
    "quantisation": f"times are whole steps, so values factors of exp(1/L): {FINER}",
    "transient": "neurons say something that should not, by rounding: take a larger leak",  # never in exact arithmetic
    "inherited": f"what comes in is wrong already: {FINER}",
}


def advice(cause: str, code: TDSNN) -> str:
    """One sentence, given the options of the run."""
    if code.offset == "retrained":
        return "it was retrained with this rounding, which costs nothing more; train on, or with a larger leak"
    if cause == "quantisation" and code.inhibition == "fixed":
        return f"{ADVICE[cause]}; or values beyond the calibration's were cut off: take inhibition='last'"
    if cause == "quantisation" and code.h == 0 and code.offset == "fold":
        return f"times are rounded up, so that values are too large on average: take threshold='nearest'; or {FINER}"
    return ADVICE[cause]
