"""What is measured for the chapter "Side by side": every method on every shipped network, and over its main setting."""

from __future__ import annotations

from typing import Any

from .. import sigma_delta, zoo
from ..analysis.comparison import Row, SideBySide, units
from ..analysis.evaluation import Evaluation
from ..methods import METHODS, method
from ..spiking import energy
from ..spiking.energy import PRICES, OperationCounts
from . import Experiment, select

NETWORKS = ("mnist-two-conv", "fashion-two-conv")  # on which main settings are moved
BINARY = ("digits-binarynet-sign", "digits-binarynet-heaviside")
OTHERS = {**dict.fromkeys(BINARY, ("rate",)), "fashion-small-efficient": ("amos",)}  # without ReLUs: who takes them
STOPS = (5, 10, 20, 40)
MAIN: dict[str, tuple[str, tuple[float, ...]]] = {  # the main setting of a method, and its values besides COMPARED
    "ttfs": ("t_max", (4, 8, 16, 64)),
    "tdsnn": ("leak", (2.0, 5.0, 20.0)),
    "amos": ("K", (2, 3, 4, 8, 10)),
    "sigma_delta": ("threshold", (0.1, 0.2)),
}


def _compared(network: str, name: str) -> Experiment:
    stops = STOPS if name == "rate" and network in NETWORKS else ()
    return Experiment("compared", network, name, dict(method(name).COMPARED), stops)


EXPERIMENTS = [
    *(_compared(network, name) for network in zoo.RECIPES for name in OTHERS.get(network, METHODS)),
    # The main setting of each method moved, all others left as they are; rate coding is asked on its way.
    *(
        Experiment("moved", network, name, {**method(name).COMPARED, setting: value})
        for name, (setting, values) in MAIN.items()
        for network in NETWORKS
        for value in values
    ),
    # Sigma-delta without hysteresis: in the end a count is the rounded potential, whatever came before.
    *(
        Experiment(
            "rounding", network, "sigma_delta", {**sigma_delta.COMPARED, "quantiser": "round", "threshold": threshold}
        )
        for network in NETWORKS
        for threshold in (0.1, 0.2)
    ),
]

NEAR = 0.3  # points from the ANN's accuracy
ROUNDED = "sigma_delta rounded"  # not a method, but without what gives this one its name


def side_by_side(result: dict[str, Any], network: str) -> SideBySide:
    """What `compare` would say of a network, from the result file."""
    found = select(result, "compared", network=network)
    rows = tuple(
        Row(
            e["method"],
            e["settings"],
            retrained=False,
            time_unit=method(e["method"]).OPTIONS.time_unit,
            result=Evaluation(
                **{**e["points"][-1], "operation_counts": OperationCounts(**e["points"][-1]["operation_counts"])}
            ),
        )
        for e in found
    )
    first = found[0]["points"][-1]
    ann, net = first["ann_accuracy"], zoo.load(network)
    return SideBySide(ann, energy.of_ann(net), units(net), first["images"], found[0]["calibration"], rows)


def curves(result: dict[str, Any], network: str) -> dict[str, list[dict[str, Any]]]:
    """By method, what was measured along its main setting, rate coding on its way; and sigma-delta rounded."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in (*METHODS, ROUNDED)}
    for e in result["experiments"]:
        if e["network"] == network:
            found[ROUNDED if e["group"] == "rounding" else e["method"]] += e["points"]
    return found


def cheapest(result: dict[str, Any], network: str) -> dict[str, dict[str, Any]]:
    """By method, the point of least energy within NEAR of the ANN's accuracy; methods that have one."""

    def cost(point: dict[str, Any]) -> float:
        return float(PRICES["45 nm, cache"].total(OperationCounts(**point["operation_counts"])))

    near = {
        name: [p for p in found if 100 * (p["ann_accuracy"] - p["accuracy"]) <= NEAR + 1e-9]
        for name, found in curves(result, network).items()
    }
    return {name: min(found, key=cost) for name, found in near.items() if found}
