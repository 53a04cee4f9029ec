"""What to do about each cause of error that `diagnose` tells apart."""

from __future__ import annotations

from .options import AMOS

ADVICE = {
    "clipping": "values beyond the range of the unit: take alpha='maximum', or a unit fitted for a wider range",
    "silence": "values too small for the last gate are lost: take a larger K",
    "quantisation": "values are told apart by K gates: take a larger K, or a unit with more gates",
    "transient": "gates fire where the ANN says 0: a trained unit's own error; fit one with more gates",
    "inherited": "what comes in is wrong already: mend the populations before it, or take a larger K for the pixels",
}


def advice(cause: str, code: AMOS) -> str:
    """One sentence, given the options of the run."""
    if cause in ("silence", "quantisation") and not code.half_step:
        return f"{ADVICE[cause]}; or take half_step=True, since values are rounded down"
    return ADVICE[cause]
