"""Why the gates of a unit fired, or did not: Eqs. 2 to 6 with numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..arrays import to_numpy
from ..network.nodes import Population, Sum
from ..spiking.contributions import contributions, received
from ..spiking.run import Trace

NAMES = ("x", "x′")


def explain(trace: Trace, node: Population, place: tuple[int, ...], sample: int) -> str:
    """Explain what a unit sent: its inputs, with bias and sources by size; each gate; and the value of its spikes.

    Parameters
    ----------
    trace
        A simulated run.
    node
        The unit's population.
    place
        Index of the unit along the feature axes.
    sample
        Index in the batch.

    Returns
    -------
    str
        Several lines of text.
    """
    unit, train = trace.code.unit(node), trace.trains[node.name]
    one = float(np.broadcast_to(to_numpy(trace.scales[node.name]), node.shape)[place])
    values = {source: to_numpy(trace.trains[source].value())[sample] for source in node.sources}
    fired, above = (np.moveaxis(to_numpy(value)[:, sample], 0, -1)[place] for value in (train.spikes, train.potentials))
    lines = [
        f"{node.name}{list(place)}, sample {sample}: {unit.name}, {unit.K} gates in {unit.steps} steps; "
        f"1 stands for {one:.4g}"
    ]
    for name, term in zip(NAMES, node.inputs, strict=False):
        lines += _input(name, replace(node, input=term), term, values, place)
    for i in range(unit.K):
        H = float(unit.h[i] @ fired)
        seen = " ".join(f"{c:+.4g} {name}" for c, name in zip(unit.c[:, i], NAMES, strict=False) if c)
        inhibited = f" − {H:.4f}" if H >= 0 else f" + {-H:.4f}"
        verdict = f"≥ 0: a spike, {unit.d[i]:+.4f}" if fired[i] else "< 0"
        lines.append(
            f"  step {unit.step[i]}, gate {i + 1}: {seen or '0'}{inhibited} − ({unit.T[i]:.4f}) = {above[i]:+.4f} "
            f"{verdict}"
        )
    said = float(unit.d @ fired)
    lines.append(f"{int(fired.sum())} of {unit.K} gates fired, which says {said:.4f} × {one:.4g} = {said * one:.4g}.")
    return "\n".join(lines)


def _input(name: str, node: Population, term: Sum, values: dict[str, np.ndarray], place: tuple[int, ...]) -> list[str]:
    bias = float(np.broadcast_to(to_numpy(term.bias), node.shape)[place])
    total = bias + received(node, values, place)
    return [
        f"  bias {bias:+.4f}",
        *contributions(node, {k: values[k] for k in term.sources}, place, lambda _, value: f"spikes say {value:.4f}"),
        f"{name} = {total:+.4f}",
    ]
