"""Strokes of a pen brought to the form of the digits data set: 8×8 counts of 0 to 16.

The data set's digits were scanned, normalised by programs of NIST to bitmaps of 32×32, and counted in blocks of 4×4
(Alpaydin & Kaynak 1998, doi:10.24432/C50P49). NIST's steps are followed as far as the images show them: every digit is
as high as the bitmap and about 20 of its 32 columns wide at most, in the middle; and about 312 pixels are ink, whatever
the digit, so that the pen is broad for a 1 and thin for an 8.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# A point is two of these: x to the right, y downwards, on a grid of 64 × 64. All may stand in an address.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BEGIN = "."  # of a stroke
LONGEST = 8192  # letters

SIZE, BLOCK = 32, 4  # pixels: of a bitmap, of a block
WIDTH = 20  # of a digit
INK = 312  # pixels: the mean of the data set
PEN = 2.0  # pixels: its radius for most digits
BROADEST = 5.0  # radius of a pen
SQUEEZE = 2.0  # so many times narrower, against its height, a wide digit becomes at most
Strokes = Sequence[np.ndarray]  # each (points, 2): x and y in [0, 1]


def encode(strokes: Strokes) -> str:
    """Strokes as text, a letter a coordinate. Raises ValueError for points outside [0, 1]."""
    text = ""
    for stroke in strokes:
        points = np.asarray(stroke, float).reshape(-1, 2)
        if not len(points) or not ((points >= 0) & (points <= 1)).all():
            raise ValueError(f"stroke: got {np.shape(stroke)}, expected one point or more, each within [0, 1]")
        text += BEGIN + "".join(LETTERS[k] for k in np.rint(points * (len(LETTERS) - 1)).astype(int).ravel())
    return text


def decode(text: str) -> list[np.ndarray]:
    """The strokes that a text stands for; none for an empty one. Raises ValueError for a text that is no drawing."""
    if not isinstance(text, str) or len(text) > LONGEST or text[:1] not in ("", BEGIN):
        shown = repr(text if len(str(text)) < 40 else f"{str(text)[:40]}…")
        raise ValueError(f"drawing: got {shown}, expected up to {LONGEST} letters, each stroke begun by {BEGIN!r}")
    strokes = text.split(BEGIN)[1:]
    for stroke in strokes:
        if not stroke or len(stroke) % 2 or not set(stroke) <= set(LETTERS):
            raise ValueError(f"stroke: got {stroke[:40]!r}, expected pairs of letters, x and y, of {LETTERS}")
    return [np.array([LETTERS.index(k) for k in s], float).reshape(-1, 2) / (len(LETTERS) - 1) for s in strokes]


def bitmap(strokes: Strokes) -> np.ndarray:
    """`(32, 32)`, of bool: the pixels nearest to the normalised strokes, as many as are ink in the data set.

    Raises ValueError where there is no stroke.
    """
    if not len(strokes):
        raise ValueError("strokes: got none, expected one or more")
    placed = normalised(strokes)
    starts = np.concatenate([s[: max(1, len(s) - 1)] for s in placed])
    ends = np.concatenate([s[min(1, len(s) - 1) :] for s in placed])
    far = distance(starts, ends).round(9)  # as far is as far, whatever the rounding
    return far <= min(np.partition(far, INK - 1, axis=None)[INK - 1], BROADEST)


def normalised(strokes: Strokes) -> list[np.ndarray]:
    """The strokes in pixels of the bitmap: as high as it is, in its middle, with room for the pen."""
    points = np.concatenate([np.asarray(stroke, float) for stroke in strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    across, up = np.maximum(high - low, 1e-9)
    room = np.array([WIDTH, SIZE]) - 2 * PEN
    tall = min(room[1] / up, SQUEEZE * room[0] / across)
    scale = np.array([min(room[0] / across, tall), tall])
    return [(np.asarray(stroke, float) - (low + high) / 2) * scale + SIZE / 2 for stroke in strokes]


def distance(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """`(32, 32)`: how far the middle of each pixel is from the nearest of some segments `(segments, 2)`."""
    middle = np.arange(SIZE) + 0.5
    along = ends - starts
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    x, y = middle[None, :, None] - starts[:, 0], middle[:, None, None] - starts[:, 1]
    share = np.clip((x * along[:, 0] + y * along[:, 1]) / length, 0, 1)
    return np.sqrt(((x - share * along[:, 0]) ** 2 + (y - share * along[:, 1]) ** 2).min(axis=-1))


def counted(pixels: np.ndarray) -> np.ndarray:
    """`(32, 32)` → `(8, 8)`: the ink of each block, from 0 to 16."""
    return pixels.reshape(SIZE // BLOCK, BLOCK, SIZE // BLOCK, BLOCK).sum(axis=(1, 3))


def image(text: str) -> np.ndarray:
    """`(1, 1, 8, 8)`, in [0, 1]: a drawing as `snnref.data.load("digits")` gives its images; all 0 where nothing is
    drawn. Raises ValueError for a text that is no drawing."""
    strokes = decode(text)
    values = counted(bitmap(strokes)) if strokes else np.zeros((SIZE // BLOCK,) * 2)
    return values[None, None] / float(BLOCK**2)
