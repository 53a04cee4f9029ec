from .convert import convert
from .options import TTFS
from .schedule import schedule

__all__ = ["TTFS", "convert", "schedule"]
