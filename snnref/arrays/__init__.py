"""NumPy or PyTorch: the only room that knows the backend.

Arrays are `(..., *features)`: features are the trailing axes, anything (time, batch) may lead.
"""

from .checks import check_alike, check_calibration, check_input, check_labels
from .conversion import (
    Array,
    WeightCache,
    device,
    is_torch_array,
    like,
    namespace,
    number,
    quickest,
    to_numpy,
    tree_like,
)
from .elementwise import at_least, erf, logistic, lookup, running_sum, time_buffer
from .products import convolve, dense
from .windows import Axis, pad, window_entries, window_gate, window_max, window_sum

__all__ = [
    "Array",
    "Axis",
    "WeightCache",
    "at_least",
    "check_alike",
    "check_calibration",
    "check_input",
    "check_labels",
    "convolve",
    "dense",
    "device",
    "erf",
    "is_torch_array",
    "like",
    "logistic",
    "lookup",
    "namespace",
    "number",
    "pad",
    "quickest",
    "running_sum",
    "time_buffer",
    "to_numpy",
    "tree_like",
    "window_entries",
    "window_gate",
    "window_max",
    "window_sum",
]
