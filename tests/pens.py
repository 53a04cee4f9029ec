"""Digits as somebody draws them on a sheet: strokes of points in [0, 1], x to the right, y downwards."""

import numpy as np


def arc(x, y, across, up, begin, end):
    """A part of an ellipse, from one angle to another, in degrees, clockwise from the right."""
    angle = np.radians(np.linspace(begin, end, 24))
    return np.stack([x + across * np.cos(angle), y + up * np.sin(angle)], axis=1)


def line(*points):
    return np.array(points, float)


def path(*parts):
    return np.concatenate(parts)


DIGITS = {
    0: [[arc(0.5, 0.5, 0.25, 0.38, -90, 270)], [arc(0.5, 0.5, 0.3, 0.33, -60, 310)]],
    1: [[line((0.5, 0.1), (0.5, 0.9))], [line((0.35, 0.3), (0.52, 0.1), (0.52, 0.9))]],
    2: [[path(arc(0.5, 0.3, 0.2, 0.2, -160, 40), line((0.3, 0.88), (0.75, 0.88)))]],
    3: [
        [path(arc(0.48, 0.3, 0.2, 0.18, -150, 90), arc(0.48, 0.69, 0.24, 0.21, -90, 150))],
        [path(line((0.3, 0.12), (0.7, 0.12), (0.47, 0.42)), arc(0.47, 0.66, 0.24, 0.24, -80, 150))],
    ],
    4: [
        [line((0.55, 0.1), (0.25, 0.6), (0.8, 0.6)), line((0.6, 0.35), (0.6, 0.9))],
        [line((0.62, 0.9), (0.62, 0.1), (0.22, 0.65), (0.8, 0.65))],
    ],
    5: [[line((0.7, 0.12), (0.35, 0.12), (0.32, 0.45)), arc(0.48, 0.65, 0.22, 0.23, -130, 140)]],
    6: [[path(line((0.6, 0.1), (0.42, 0.3), (0.32, 0.55)), arc(0.5, 0.68, 0.19, 0.2, 180, -170))]],
    7: [
        [line((0.25, 0.12), (0.75, 0.12), (0.45, 0.9))],
        [line((0.25, 0.15), (0.75, 0.12), (0.5, 0.9)), line((0.38, 0.5), (0.72, 0.5))],
    ],
    8: [
        [path(arc(0.5, 0.3, 0.18, 0.2, -30, -270), arc(0.5, 0.7, 0.2, 0.2, -90, 230), line((0.64, 0.22)).reshape(1, 2))]
    ],
    9: [
        [path(arc(0.5, 0.32, 0.2, 0.2, 0, -360), line((0.7, 0.32), (0.66, 0.6), (0.55, 0.9)))],
        [path(arc(0.5, 0.32, 0.2, 0.2, -10, -360), line((0.7, 0.3), (0.7, 0.9)))],
    ],
}


def strokes_of(digits):
    """All ways of all digits."""
    return [drawn for ways in digits.values() for drawn in ways]
