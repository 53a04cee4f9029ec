"""How long `run` takes for rate coding, as a multiple of T plain forward passes of the torch module on this machine.

    python benchmarks/rate.py

Both are timed in turn, several times; the ratio of the medians is printed, with the peak of memory of a process that
does one run (less that of one that does none). Weights are random: all products are dense, so time does not depend on
them. Needs no data set.
"""

import resource
import subprocess
import sys
import time
from statistics import median

import torch
from torch import nn

import snnref

BATCH, ROUNDS = 128, 5


def lenet():
    """8C5-P2-50C5-P2-500-10 on 28×28 pixels, as `mnist-lenet`."""
    features = [nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 50, 5), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*features, nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10)), (1, 28, 28)


def vgg():
    """Six convolutions of 3×3 in three pairs, 32 to 128 channels, on 3×32×32 pixels."""
    features, channels = [], 3
    for width in (32, 64, 128):
        for _ in range(2):
            features += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        features.append(nn.MaxPool2d(2))
    return nn.Sequential(*features, nn.Flatten(), nn.Linear(2048, 256), nn.ReLU(), nn.Linear(256, 10)), (3, 32, 32)


NETWORKS = {"lenet": lenet, "vgg": vgg}


def case(name):
    return case_of(NETWORKS[name], snnref.rate.convert)


def seconds(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


@torch.no_grad()
def ratio(module, snn, x, *, steps, rounds=ROUNDS, **settings):
    """Median time of a run over median time of as many forward passes as it has steps."""
    return compared(lambda: snn.run(x, steps=steps, **settings), lambda: [module(x) for _ in range(steps)], rounds)


def case_of(build, convert):
    """A module, its spiking conversion, and a batch, of random numbers that are always the same."""
    torch.manual_seed(0)
    module, shape = build()
    x = torch.rand(BATCH, *shape)
    return module.eval(), convert(snnref.from_torch(module.eval(), input_shape=shape), x[:16]), x


@torch.no_grad()
def to_one_pass(module, snn, x, *, rounds=25, **settings):
    """Median time of a run over median time of a forward pass."""
    return compared(lambda: snn.run(x, **settings).prediction, lambda: module(x), rounds)


def compared(ours, theirs, rounds):
    """The ratio of the median times of two pieces of work, done in turn."""
    times = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    mine, other = map(median, zip(*times, strict=True))
    return mine / other


def peak_megabytes(name, steps, script=__file__):
    """Of a process of its own."""
    command = [sys.executable, script, name, str(steps)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    if len(sys.argv) == 3:  # one run alone, for its memory
        _, snn, x = case(sys.argv[1])
        if int(sys.argv[2]):
            snn.run(x, steps=int(sys.argv[2]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    print(f"batch {BATCH}, {torch.get_num_threads()} threads, run / T forward passes\n")
    print(
        f"{'network':9}{'T':>5}"
        + "".join(f"{rule:>13}" for rule in ("exact", "average", "filter"))
        + f"{'peak MB':>10}"
    )
    for name in NETWORKS:
        module, snn, x = case(name)
        idle = peak_megabytes(name, 0)
        for steps in (32, 128):
            rounds = ROUNDS if name == "lenet" else 3
            ratios = [
                ratio(module, snn, x, steps=steps, rounds=rounds, pooling=p) for p in ("exact", "average", "filter")
            ]
            print(
                f"{name:9}{steps:5}"
                + "".join(f"{r:13.2f}" for r in ratios)
                + f"{peak_megabytes(name, steps) - idle:10.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
