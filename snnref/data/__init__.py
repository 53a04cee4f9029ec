"""Data sets: the 8×8 digits, which ship with the package, and three that are fetched when first asked for."""

from .datasets import DATASETS, DataSet, File
from .loading import available, checksums, describe, fetch, folder, load, states

__all__ = ["DATASETS", "DataSet", "File", "available", "checksums", "describe", "fetch", "folder", "load", "states"]
