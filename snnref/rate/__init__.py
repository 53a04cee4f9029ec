"""Rate coding (Rueckauer et al. 2017, Front. Neurosci. 11:682): a value is a firing rate."""

from .convert import choose_scales, convert
from .encoding import Rate
from .stepwise import integrate_and_fire

__all__ = ["Rate", "choose_scales", "convert", "integrate_and_fire"]
