"""How fast the event engines of hysteresis sigma-delta are: synaptic updates, against reading the same memory once.

    python benchmarks/sigma_delta.py

A synaptic update is one addition to one neuron because of one spike, the comparison with its thresholds included. The
time of a whole run (encoding, merging, pools, readout) is taken in turn with that of `numpy.cumsum` over as many random
numbers as there are updates, one addition each, many times in one process; printed are the ratio of the medians, the
updates a second, and the same as the input gets sparser. Weights are random. Needs no data set; extra `fast`.
"""

import os
from functools import partial
from statistics import median

import numpy as np
import rate

from snnref import sigma_delta, zoo

BATCH, ROUNDS = 256, 7


def images(share):
    """So many of the pixels are on, in random order."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0.25, 1, (BATCH, 1, 28, 28)) * (rng.random((BATCH, 1, 28, 28)) < share)
    x[:, 0, 0, 0] = 1.0
    return x.astype(np.float32)


def main():
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    recipe = zoo.RECIPES["mnist-16c5-8c5-256"]
    net = recipe.build(np.random.default_rng(0))
    numbers = np.random.default_rng(0).random(2**22)
    print(f"16C5-8C5-256, {BATCH} images at a time, {cores} cores\n")
    print(f"{'engine':8}{'pixels on':>10}{'events':>9}{'updates':>11}{'M updates/s':>13}{'/ core':>8}{'/ cumsum':>10}")
    for engine in ("numba", "numpy"):
        for share in (0.02, 0.05, 0.1, 0.2, 0.4) if engine == "numba" else (0.1,):
            x = images(share)
            snn = sigma_delta.convert(net, x, threshold=0.5)
            work = x if engine == "numba" else x[:8]
            run = snn.run(work, engine=engine)  # compiles, and counts
            updates = float(run.operations.total.sum())
            events = sum(float(counts.sum()) for counts in run.spikes.values())
            seconds, reading = [], []
            for _ in range(ROUNDS if engine == "numba" else 3):
                seconds.append(rate.seconds(partial(snn.run, work, engine=engine)))
                reading.append(rate.seconds(lambda: np.cumsum(numbers)) * updates / len(numbers))
            speed = updates / median(seconds) / 1e6
            workers = cores if engine == "numba" else 1
            print(
                f"{engine:8}{share:10.0%}{events / len(work):9,.0f}{updates / len(work):11,.0f}{speed:13.0f}"
                f"{speed / workers:8.0f}{median(seconds) / median(reading):10.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
