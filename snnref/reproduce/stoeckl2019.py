"""What is measured of Stöckl & Maass 2019: AMOS on MNIST and Fashion-MNIST; what its tables count, from shapes."""

from __future__ import annotations

from math import ceil
from typing import Any

from ..amos import trained
from ..amos.converters import relu
from . import Experiment, html_table, select
from .stoeckl2019_shapes import BLOCKS, DEPTH, sizes

NETWORKS = ("mnist-two-conv", "fashion-two-conv")
BITS = (1, 2, 3, 4, 5, 6, 8, 10, 12)
EFFICIENT = "fashion-small-efficient"

EXPERIMENTS = [
    # How many bits a ReLU needs: with a range for each population, as the package does by default.
    *(Experiment("bits", network, "amos", {"K": K}) for network in NETWORKS for K in BITS),
    # One range for the whole network, as the paper has it: the best one, and the largest activation of all.
    *(Experiment("one range", network, "amos", {"K": K, "per": "network"}) for network in NETWORKS for K in BITS),
    *(
        Experiment("largest", network, "amos", {"K": K, "alpha": "maximum", "per": "network"})
        for network in NETWORKS
        for K in BITS
    ),
    # Values to the nearest step instead of down.
    *(Experiment("half step", network, "amos", {"K": K, "half_step": True}) for network in NETWORKS for K in BITS[:6]),
    # SiLU, sigmoid and products by trained units.
    Experiment("efficient", EFFICIENT, "amos", {"K": 10}),
    Experiment("efficient", EFFICIENT, "amos", {"K": 10, "encoding": "analog"}),
    Experiment("efficient", EFFICIENT, "amos", {"K": 10, "alpha": "maximum"}),
]

# Table 3: parameters. Table 2 (CIFAR-10) and Table 1 (ImageNet): neurons, layers, ANN and SNN accuracy, spikes.
PARAMETERS = {"sigmoid": 52, "relu": 75, "silu": 102, "product": 940}
PRINTED = {
    "CIFAR-10 ResNet8": ("737,280", None, "87.22 → 87.05 %, 103,753"),
    "CIFAR-10 ResNet14": ("1,310,720", None, "90.49 → 90.39 %, 190,107"),
    "CIFAR-10 ResNet20": ("1,884,160", None, "91.58 → 91.45 %, 261,779"),
    "CIFAR-10 ResNet50": ("4,751,369", None, "92.99 → 92.42 %, 647,245"),
    "ImageNet ResNet50": ("96M", 500, "75.22 → 75.10 %, 14M"),
    "ImageNet EfficientNet-B7": ("3110M", 4605, "85 → 80.97 %, 1799M"),
}
BLOCKS_OF_B7 = sum(ceil(DEPTH * repeats) for _, _, repeats, _, _ in BLOCKS)  # each has one product
WHY = {
    "CIFAR-10 ResNet50": "475,136 ReLUs × 10: the printed 9 is a slip",
    "ImageNet ResNet50": "with the stride in the 3×3 convolutions; the paper's layers count the output as one more",
}


def table(result: dict[str, Any]) -> str:
    """What the paper reports against what was measured or counted here, as HTML."""
    return html_table(_rows(result))


def swish_alone() -> int:
    """Neurons of EfficientNet-B7's Swish units: what the paper prints as those of the whole network."""
    return trained.unit("silu").K * sizes("ImageNet EfficientNet-B7").units["silu"]


def _rows(result: dict[str, Any]) -> list[list[str]]:
    return [
        *(_parameter_row(name) for name in PARAMETERS),
        _product_row(),
        *(row for name in PRINTED for row in _network_rows(name)),
        *(_bits_row(result, network) for network in NETWORKS),
        *_efficient_rows(result),
        [
            "throughput",
            "an image every step",
            "an image every step",
            "<code>simulate</code> is a pipeline, and says what <code>run</code> says",
            "",
        ],
    ]


def _parameter_row(name: str) -> list[str]:
    made = relu(10) if name == "relu" else trained.unit(name)
    said = {"relu": "ReLU", "silu": "Swish", "sigmoid": "sigmoid", "product": "multiplication"}[name]
    error = "" if name == "relu" else f"; mean square error {trained.card(name)['mean_square_error']:.1e}"
    return [
        f"{said}, K = {made.K}: parameters (Table 3)",
        str(PARAMETERS[name]),
        str(made.parameters),
        f"{2 + made.inputs} K + K (K − 1) / 2, range {made.low:g} to {made.high:g}{error}",
        "",
    ]


def _product_row() -> list[str]:
    made, card = trained.unit("product"), trained.card("product")
    return [
        "multiplication, mean square error (Fig. 6)",
        "0.0102",
        f"{card['mean_square_error']:.1e}",
        f"K = {made.K}, {made.low:g} to {made.high:g}; largest error {card['largest_error']:.2f}",
        "the paper's range is not given, so the two cannot be compared",
    ]


def _network_rows(name: str) -> list[list[str]]:
    neurons, layers, rest = PRINTED[name]
    found = sizes(name)
    bits = "K = 12, 8 and 40" if name.endswith("B7") else "K = 10"
    rows = [[f"{name}, neurons", neurons, f"{found.neurons:,}", f"{bits}, from the shapes", WHY.get(name, "")]]
    if name.endswith("B7"):
        rows[0][-1] = (
            f"its Swish units alone have {swish_alone():,}, the printed number; multiplications have "
            f"{trained.unit('product').K * found.units['product']:,} more"
        )
    if layers:
        rows.append([f"{name}, layers", str(layers), str(found.layers), "steps of gates on the longest way", ""])
        if name.endswith("B7"):
            made = trained.unit("product")
            serial = found.layers + BLOCKS_OF_B7 * (made.K - made.steps)
            rows[-1][-1] = f"our products take {made.steps} steps, not {made.K}: with these it would be {serial:,}"
    rows.append([f"{name}, accuracy and spikes", rest, "not reproduced", "", "not trained here"])
    return rows


def _bits_row(result: dict[str, Any], network: str) -> list[str]:
    points = {e["settings"]["K"]: e["points"][0] for e in select(result, "bits", network=network)}
    shown = ", ".join(f"K = {K}: {points[K]['accuracy']:.2%}" for K in (4, 6, 10))
    return [
        f"{network}, accuracy",
        "no such network",
        f"ANN {points[10]['ann_accuracy']:.2%}; {shown}",
        f"ranges searched; {points[10]['spikes_per_neuron']:.3f} spikes a neuron at K = 10",
        "",
    ]


def _efficient_rows(result: dict[str, Any]) -> list[list[str]]:
    rows = []
    for experiment in select(result, "efficient", network=EFFICIENT):
        point, how = experiment["points"][0], experiment["options"]["encoding"]
        ranges = "to the largest value" if experiment["settings"].get("alpha") else "searched"
        rows.append(
            [
                f"{EFFICIENT}, accuracy",
                "EfficientNet-B7: 85 → 80.97 %",
                f"{point['ann_accuracy']:.2%} → {point['accuracy']:.2%}",
                f"pixels as {how}, ranges {ranges}; "
                f"{point['also']['neurons']:,.0f} neurons, {point['also']['spikes']:,.0f} spikes, "
                f"{point['latency']:.0f} steps",
                "another network and data set, with the same parts",
            ]
        )
    return rows
