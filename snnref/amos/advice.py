"""What to do about each cause of error that `diagnose` tells apart."""

from __future__ import annotations

from .options import AMOS

ADVICE = {
    "clipping": "values beyond the range of the unit: take alpha='maximum', or a unit fitted for a wider range",
    "silence": "values too small for a unit are lost: a larger K for ReLU, or a trained unit with more gates (units=…)",
    "quantisation": "a unit tells few values apart: a larger K for ReLU, or a trained unit with more gates (units=…)",
    "transient": "gates fire where the ANN says 0, the error of a trained unit: fit one with more gates (units=…)",
    "inherited": "what comes in is wrong already: mend the populations before it; if it is pixels, encoding='analog'",
}


def advice(cause: str, code: AMOS) -> str:
    """One sentence, given the options of the run."""
    if cause in ("silence", "quantisation") and not code.half_step:
        return f"{ADVICE[cause]}; ReLUs round down: try half_step=True"
    return ADVICE[cause]
