"""What is measured of Rueckauer et al. 2017: rate coding on MNIST."""

from __future__ import annotations

from typing import Any

from . import Experiment

STOPS = (*range(1, 11), 12, 15, 20, 25, 30, 40, 50, 75, 100, 150)
NETWORKS = ("mnist-lenet", "mnist-16c5-8c5-256")
DEFAULTS: dict[str, Any] = {"percentile": 99.9, "reset": "subtract", "encoding": "constant"}

# Fig. 2: from the usual conversion before the paper to the paper's, one mechanism after the other.
LADDER: list[dict[str, Any]] = [
    {"percentile": None, "reset": "zero", "encoding": "poisson"},
    {"percentile": 100, "reset": "zero", "encoding": "poisson"},
    {"percentile": 100, "reset": "subtract", "encoding": "poisson"},
    {"percentile": 100, "reset": "subtract", "encoding": "constant"},
    {"percentile": 99.9, "reset": "subtract", "encoding": "constant"},
]

# What else the paper offers, one at a time.
VARIANTS: list[dict[str, Any]] = [
    {},
    {"encoding": "regular"},
    {"bias": "spikes"},
    {"initial": 0.5},
    {"clamp": 5},
    {"pooling": "average"},
    {"pooling": "exponential"},
    {"pooling": "filter"},
    {"output": "spikes"},
    {"output": "clock"},
    {"output": "poisson"},
    {"percentile": 99.0},
    {"percentile": 99.99},
    {"distribution": "all"},
]

EXPERIMENTS = [
    # Table 1, Figs. 3 and 5: error against time and operations.
    *(
        Experiment("curves", name, "rate", {**DEFAULTS, "percentile": p, "reset": reset, "steps": 200}, STOPS)
        for name in NETWORKS
        for p in (99.9, 100)
        for reset in ("subtract", "zero")
    ),
    Experiment("curves", "mnist-lenet", "rate", {**DEFAULTS, "percentile": None, "steps": 200}, STOPS),
    *(Experiment("ladder", "mnist-lenet", "rate", {**step, "steps": 100}, (10, 25, 50)) for step in LADDER),
    *(Experiment("variants", "mnist-lenet", "rate", {**DEFAULTS, **v, "steps": 100}, (10, 25, 50)) for v in VARIANTS),
]
