"""How long `run` takes for rate coding, as a multiple of T plain forward passes of the ANN on the same machine.

    python benchmarks/rate.py

Both are timed in turn, several times; the ratio of the medians is printed, with the peak of memory.
"""

import time
import tracemalloc
from statistics import median

import torch

import snnref

BATCH, ROUNDS = 128, 5


def seconds(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def ratio(net, snn, x, steps):
    """Median time of a run over median time of as many forward passes as it has steps."""
    spiking, plain = [], []
    for _ in range(ROUNDS):
        spiking.append(seconds(lambda: snn.run(x, steps=steps)))
        plain.append(seconds(lambda: [net(x) for _ in range(steps)]))
    return median(spiking) / median(plain)


def peak_megabytes(snn, x, steps):
    tracemalloc.start()
    snn.run(x, steps=steps)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return peak


def main():
    net = snnref.load("digits-cnn")
    x, _ = snnref.data.load("digits", split="train")
    snn, x = snnref.rate.convert(net, x), x[:BATCH]
    print(f"digits-cnn, batch {BATCH}\n{'T':>4}{'run / T forwards: NumPy':>26}{'torch':>8}{'peak MB, NumPy':>17}")
    for steps in (32, 128):
        numpy, tensor = ratio(net, snn, x, steps), ratio(net, snn, torch.from_numpy(x), steps)
        print(f"{steps:4}{numpy:26.2f}{tensor:8.2f}{peak_megabytes(snn, x, steps):17.1f}")


if __name__ == "__main__":
    main()
