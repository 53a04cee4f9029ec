"""What is measured of Lopez-Randulfe et al. 2022: two-stage time to first spike on MNIST, and on Fashion-MNIST."""

from __future__ import annotations

from typing import Any

from . import Experiment, html_table, select

WINDOWS = (8, 16, 32, 64, 128, 256)
LONG = (512, 1024, 2048, 4096)  # what the bound needs
NETWORKS = ("mnist-two-conv", "fashion-two-conv")
RULES = (("search", "layer"), ("search", "channel"), ("maximum", "layer"), ("bound", "layer"), ("bound", "channel"))

EXPERIMENTS = [
    # Table 1, over the two parameters that the paper tunes by hand.
    *(
        Experiment("thresholds", network, "ttfs", {"t_max": t_max, "threshold": rule, "per": per})
        for network in NETWORKS
        for rule, per in RULES
        for t_max in (*WINDOWS, *(LONG if rule == "bound" else ()))
    ),
    # The bare crossing of the threshold, which cuts values off to whole steps.
    *(
        Experiment("cut off", network, "ttfs", {"t_max": t_max, "threshold": "search", "half_step": False})
        for network in NETWORKS
        for t_max in WINDOWS
    ),
    # Where the last layer is linear, its potential can answer, a window sooner.
    *(
        Experiment("readout", "digits-cnn", "ttfs", {"t_max": t_max, "threshold": "search", "output": output})
        for output in ("earliest", "potential")
        for t_max in WINDOWS
    ),
]

LOSS, SPIKES = 0.0012, 0.142  # of the paper: 99.56 % to 99.44 %, with so many spikes a neuron


def table(result: dict[str, Any]) -> str:
    """What the paper reports against what was measured here, as HTML."""
    return html_table(_rows(result))


def smallest(result: dict[str, Any], network: str, rule: str = "search", per: str = "layer") -> dict[str, Any] | None:
    """The experiment with the smallest t_max from which on no more accuracy is lost than in the paper, with no more
    spikes a neuron; None if there is none."""
    found = None
    for experiment in reversed(select(result, "thresholds", network=network, threshold=rule, per=per)):
        point = experiment["points"][0]
        if point["ann_accuracy"] - point["accuracy"] > LOSS + 1e-9:
            break
        if point["spikes_per_neuron"] <= SPIKES:
            found = experiment
    return found


def _rows(result: dict[str, Any]) -> list[list[str]]:
    mnist = smallest(result, "mnist-two-conv") or select(result, "thresholds", network="mnist-two-conv")[-1]
    point, setting = mnist["points"][0], f"mnist-two-conv, t_max {mnist['settings']['t_max']}, threshold by search"
    ours = "our own network: the paper gives no channels, kernels or t_max"
    fashion = smallest(result, "fashion-two-conv")
    counted = "the paper does not say what it counts as a neuron; here populations, without input and pools"
    return [
        ["MNIST, ANN accuracy", "99.56 % (Table 1)", _percent(point["ann_accuracy"]), "mnist-two-conv", ours],
        ["MNIST, SNN accuracy", "99.44 % (Table 1)", _percent(point["accuracy"]), setting, ours],
        [
            "lost by the conversion",
            "0.12 points",
            _lost(point),
            setting,
            "thresholds from training images; the smallest t_max by the test set",
        ],
        ["operations of the ANN", "14,316,496 (Table 1)", f"{point['ann_operations']:,}", "mnist-two-conv", ours],
        [
            "synaptic operations",
            "1,015,015 (Table 1)",
            f"{point['operations']:,.0f}",
            setting,
            "a network of that size",
        ],
        ["spikes a neuron", "0.142", f"{point['spikes_per_neuron']:.3f}", setting, counted],
        ["steps of a window", "not given", f"{mnist['settings']['t_max']}", setting, ""],
        [
            "spikes that can save energy",
            "below 1.72 (Davidson & Furber 2021)",
            f"{point['spikes_per_neuron']:.3f}",
            setting,
            "derived for rate codes",
        ],
        [
            "error over t_max and u_th",
            "Fig. 2, a picture",
            "the chapter's map",
            "digits-cnn",
            "another network and data",
        ],
        _readout_row(select(result, "readout")),
        [
            "Fashion-MNIST",
            "not measured",
            "not within 0.12 points"
            if fashion is None
            else " → ".join(_percent(fashion["points"][0][k]) for k in ("ann_accuracy", "accuracy")),
            "fashion-two-conv" + ("" if fashion is None else f", t_max {fashion['settings']['t_max']}"),
            "",
        ],
    ]


def _readout_row(measured: list[dict[str, Any]], t_max: int = 16) -> list[str]:
    """The earliest spike against the potential."""
    found = {e["settings"]["output"]: e["points"][0] for e in measured if e["settings"]["t_max"] == t_max}
    ours = "; ".join(f"{k} {_percent(p['accuracy'])} after {p['latency']} steps" for k, p in found.items())
    return ["who answers", "not compared", ours, f"digits-cnn, t_max {t_max}", "without a ReLU at the end"]


def _lost(point: dict[str, Any]) -> str:
    return f"{100 * (point['ann_accuracy'] - point['accuracy']):.2f} points"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
