"""How long `run` takes for AMOS, as a multiple of one plain forward pass of the torch module.

    python benchmarks/amos.py [NETWORK]

Both are timed in turn, many times, in one process; the ratio of the medians is printed, with the peak of memory of a
process that does one run (less that of one that does none). Weights are random: all products are dense, so time does
not depend on them. Needs no data set.
"""

import resource
import sys
import warnings
from functools import partial

import rate
import torch
from torch import nn

import snnref


class Excited(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels):
        super().__init__()
        narrow = channels // 4
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, narrow, 1),
            nn.SiLU(),
            nn.Conv2d(narrow, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return x * self.gate(x)


def efficient():
    """Two inverted bottlenecks with SiLU and squeeze-and-excitation on 28×28 pixels."""

    def bottleneck(channels, wide, out):
        depthwise = nn.Conv2d(wide, wide, 3, padding=1, groups=wide)
        return [nn.Conv2d(channels, wide, 1), nn.SiLU(), depthwise, nn.SiLU(), Excited(wide), nn.Conv2d(wide, out, 1)]

    head = [nn.Conv2d(24, 96, 1), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(96, 10)]
    stem = [nn.Conv2d(1, 16, 3, 2, 1), nn.SiLU()]
    return nn.Sequential(*stem, *bottleneck(16, 48, 24), *bottleneck(24, 72, 24), *head), (1, 28, 28)


def two_conv():
    """48C5-P2-80C5-P2-256-10 on 28×28 pixels, as `mnist-two-conv`."""
    features = [nn.Conv2d(1, 48, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(48, 80, 5), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*features, nn.Flatten(), nn.Linear(1280, 256), nn.ReLU(), nn.Linear(256, 10)), (1, 28, 28)


NETWORKS = {"two-conv": two_conv, "lenet": rate.lenet, "vgg": rate.vgg, "efficient": efficient}


def case(name, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # random weights may leave the range of a unit
        return rate.case_of(NETWORKS[name], partial(snnref.amos.convert, **options))


def main():
    if len(sys.argv) == 3:  # one run alone, for its memory
        _, snn, x = case(sys.argv[1])
        if int(sys.argv[2]):
            snn.run(x, K=int(sys.argv[2]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    print(f"batch {rate.BATCH}, {torch.get_num_threads()} threads, run / forward pass\n")
    print(f"{'network':14}{'K':>5}{'ratio':>8}{'peak MB':>10}")
    for name in sys.argv[1:2] or NETWORKS:
        idle = rate.peak_megabytes(name, 0, __file__)
        for K in (4, 10, 12):
            memory = rate.peak_megabytes(name, K, __file__) - idle
            print(f"{name:14}{K:5}{rate.to_one_pass(*case(name, K=K)):8.2f}{memory:10.0f}", flush=True)


if __name__ == "__main__":
    main()
