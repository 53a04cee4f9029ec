"""NumPy or PyTorch: the only room that knows the backend.

Arrays are `(..., *features)`: features are the trailing axes, anything (time, batch) may lead.
"""

from .checks import check_alike, check_calibration, check_input
from .conversion import (
    Array,
    Placed,
    device,
    is_torch_array,
    like,
    namespace,
    number,
    quickest,
    to_numpy,
    tree_like,
)
from .elementwise import at_least, erf, logistic, looked_up, room, running_sum
from .products import convolve, dense
from .windows import Axis, pad, window_entries, window_gate, window_max, window_sum

__all__ = [
    "Array",
    "Axis",
    "Placed",
    "at_least",
    "check_alike",
    "check_calibration",
    "check_input",
    "convolve",
    "dense",
    "device",
    "erf",
    "is_torch_array",
    "like",
    "logistic",
    "looked_up",
    "namespace",
    "number",
    "pad",
    "quickest",
    "room",
    "running_sum",
    "to_numpy",
    "tree_like",
    "window_entries",
    "window_gate",
    "window_max",
    "window_sum",
]
