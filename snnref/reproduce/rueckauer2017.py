"""What is measured of Rueckauer et al. 2017: rate coding on MNIST."""

from __future__ import annotations

from typing import Any

from . import Experiment, html_table, select

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
    *(Experiment("ladder", "mnist-lenet", "rate", {**step, "steps": 50}, (5, 10, 25)) for step in LADDER),
    *(Experiment("variants", "mnist-lenet", "rate", {**DEFAULTS, **v, "steps": 50}, (5, 10, 25)) for v in VARIANTS),
    # Table 1's low-precision rows, on another data set.
    *(
        Experiment("binary", name, "rate", {**DEFAULTS, "steps": 50}, (1, 2, 5, 10, 25), binary)
        for name, binary in (
            ("digits-binarynet-sign", False),
            ("digits-binarynet-heaviside", False),
            ("digits-binaryconnect", True),
            ("digits-binaryconnect", False),
        )
    ),
]


def table(result: dict[str, Any]) -> str:
    """What the paper reports against what was measured here, as HTML."""
    return html_table(_rows(result))


def _rows(result: dict[str, Any]) -> list[list[str]]:
    (lenet,) = select(result, "curves", network="mnist-lenet", percentile=99.9, reset="subtract")
    (small,) = select(result, "curves", network="mnist-16c5-8c5-256", percentile=99.9, reset="subtract")
    return [
        *_lenet_rows(lenet),
        *_spikes_rows(small),
        *_ladder_rows(select(result, "ladder")),
        *_binary_rows(select(result, "binary")),
        *_rate_rows(lenet, small),
        *([name, reported, "not reproduced", "", why] for name, reported, why in NOT_REPRODUCED),
    ]


def _lenet_rows(lenet: dict[str, Any]) -> list[list[str]]:
    """Table 1 and Fig. 5."""
    points, why = lenet["points"], "our own network, of the size that the paper gives, trained with augmentation"
    ann, end = _error(points[0], "ann_accuracy"), points[-1]
    at = _millions(end["ann_operations"])
    rows = [
        ["MNIST, ANN → SNN error", "0.56 → 0.56 % (Table 1)", f"{ann} → {_error(end)}", _setting(lenet, end), why],
        ["LeNet, ANN error at operations", "1.04 % at 2.35 M", f"{ann} at {at}", "", why],
    ]
    for error, most in ((2.07, 1.07e6), (1.13, 1.47e6)):
        point = max((p for p in points if p["operations"] <= most), key=lambda p: p["operations"])
        ours = f"{_error(point)} at {_millions(point['operations'])}"
        rows.append(["LeNet, SNN (Fig. 5)", f"{error} % at {most / 1e6:g} M", ours, _setting(lenet, point), why])
    return [*rows, ["LeNet, SNN at the end", "1.07 %", _error(end), _setting(lenet, end), why]]


def _spikes_rows(small: dict[str, Any]) -> list[list[str]]:
    """Rate coding as another paper reproduced it, with spikes per neuron."""
    rows = []
    for steps, accuracy, spikes in ((25, 99.18, 0.48), (15, 98.80, 0.26)):
        point = _at(small, steps)
        reported = f"{100 - accuracy:.2f} %, {spikes} spikes a neuron (as reproduced by Yousefzadeh et al. 2019)"
        ours = f"{_error(point)}, {point['spikes_per_neuron']:.2f} spikes a neuron"
        rows.append([f"16C5-8C5-256, {steps} steps", reported, ours, _setting(small, point), "trained by us"])
    return rows


def _ladder_rows(rungs: list[dict[str, Any]], steps: int = 10) -> list[list[str]]:
    """Fig. 2."""
    reports = (
        ("no normalisation, Poisson input, reset to zero", "83.50 %"),
        ("+ max-norm", "40.18 %"),
        ("+ reset by subtraction", "about 20 % (“another 20 % improvement”)"),
        ("+ analog input", "16.40 %"),
        ("+ 99.9th percentile", "12.18 % (ANN 12.14 %)"),
    )
    why = "CIFAR-10 and a deeper network there; MNIST and a LeNet here"
    return [
        [f"Fig. 2: {name}", reported, _error(_at(rung, steps)), _setting(rung, _at(rung, steps)), why]
        for (name, reported), rung in zip(reports, rungs, strict=True)
    ]


def _binary_rows(measured: list[dict[str, Any]]) -> list[list[str]]:
    """Table 1's low-precision rows and Fig. 4."""
    found = {(e["network"], e["binary"]): e for e in measured}
    why = "CIFAR-10 there; here our own networks on digits of 8×8 pixels, without batch normalisation"
    rows = []
    for key, name, reported in (
        (("digits-binarynet-sign", False), "BinaryNet, sign", "11.03 → 11.75 %"),
        (("digits-binarynet-heaviside", False), "BinaryNet, Heaviside", "11.58 → 12.55 %"),
        (("digits-binaryconnect", True), "BinaryConnect, binarised", "16.81 → 16.65 %"),
        (("digits-binaryconnect", False), "BinaryConnect, full precision", "8.09 → 9.15 %"),
    ):
        first, last = found[key]["points"][0], found[key]["points"][-1]
        ours = f"{_error(last, 'ann_accuracy')} → {_error(last)}; after 1 step {_error(first)}"
        rows.append([name, reported, ours, _setting(found[key], last), why])
    sign = found["digits-binarynet-sign", False]
    point = sign["points"][0]
    ours = (
        f"ANN {_error(point, 'ann_accuracy')} at {_millions(point['ann_operations'])}, "
        f"SNN {_error(point)} at {_millions(point['operations'])}"
    )
    reported = "ANN 11.57 % at 1.23 G, SNN 15.13 % at 0.46 G operations"
    return [*rows, ["Fig. 4, BinaryNet", reported, ours, _setting(sign, point), why]]


def _rate_rows(*curves: dict[str, Any]) -> list[list[str]]:
    ours = [f"{c['points'][-1]['spikes_per_neuron'] / c['points'][-1]['latency']:.3f}" for c in curves]
    setting = "; ".join(_setting(c, c["points"][-1]) for c in curves)
    why = "far smaller networks"
    return [["Spikes a neuron and step", "0.016 (VGG-16), 0.053 (Inception-v3)", " and ".join(ours), setting, why]]


NOT_TRAINED = "no such network was trained here; none is shipped"
NOT_REPRODUCED = (
    ("CIFAR-10", "11.13 → 11.18 %", NOT_TRAINED),
    ("ImageNet, VGG-16", "36.11 → 50.39 %", NOT_TRAINED),
    ("ImageNet, Inception-v3", "23.88 → 25.40 %", NOT_TRAINED),
    ("ImageNet, top-5", "15.14 → 18.37 % (VGG-16), 7.01 → 7.96 % (Inception-v3)", NOT_TRAINED),
    ("Fig. 1, λ by percentile and maximum", "6.83 and 23.16, on CIFAR-10", "the chapter's slider shows ours on digits"),
    ("ANN without biases, with average pooling, without softmax", "12.27, 12.31, 30.56 %", NOT_TRAINED),
    ("Energy and area of an addition", "1/14 and 1/21 of a multiply-add", "needs a chip design"),
)


def _at(experiment: dict[str, Any], steps: int) -> dict[str, Any]:
    (point,) = (p for p in experiment["points"] if p["latency"] == steps)
    return point


def _error(point: dict[str, Any], of: str = "accuracy") -> str:
    return f"{100 * (1 - point[of]):.2f} %"


def _millions(operations: float) -> str:
    return f"{operations / 1e6:.2f} M"


def _setting(experiment: dict[str, Any], point: dict[str, Any]) -> str:
    return f"{experiment['network']}, {point['latency']} step{'s' if point['latency'] > 1 else ''}"
