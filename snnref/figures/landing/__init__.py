"""The landing page's figure: a drawn digit (`handwriting`), as five conversions read it (`timeline`, `figure`)."""

from .figure import digit
from .figure import samples as samples

__all__ = ["digit"]
