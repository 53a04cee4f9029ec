"""How long `run` takes for time to first spike, as a multiple of one plain forward pass of the torch module.

    python benchmarks/ttfs.py

Both are timed in turn, many times, in one process; the ratio of the medians is printed, with the peak of memory of a
process that does one run (less that of one that does none). Weights are random: all products are dense, so time does
not depend on them. Needs no data set.
"""

import resource
import sys
from functools import partial

import rate
import torch
from torch import nn

import snnref


def two_conv():
    """48C5-P2-80C5-P2-256-10 on 28×28 pixels, as `mnist-two-conv`."""
    features = [nn.Conv2d(1, 48, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(48, 80, 5), nn.ReLU(), nn.MaxPool2d(2)]
    dense = [nn.Flatten(), nn.Linear(1280, 256), nn.ReLU(), nn.Linear(256, 10), nn.ReLU()]
    return nn.Sequential(*features, *dense), (1, 28, 28)


NETWORKS = {"two-conv": two_conv, "lenet": rate.lenet, "vgg": rate.vgg}


def case(name, per="layer"):
    return rate.case_of(NETWORKS[name], partial(snnref.ttfs.convert, per=per))


def main():
    if len(sys.argv) == 3:  # one run alone, for its memory
        _, snn, x = case(sys.argv[1])
        if int(sys.argv[2]):
            snn.run(x, t_max=int(sys.argv[2]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    print(f"batch {rate.BATCH}, {torch.get_num_threads()} threads, run / forward pass\n")
    print(f"{'network':10}{'t_max':>6}{'per layer':>12}{'per channel':>13}{'peak MB':>10}")
    for name in NETWORKS:
        cases = [case(name, per) for per in ("layer", "channel")]
        idle = rate.peak_megabytes(name, 0, __file__)
        for t_max in (8, 64, 512):
            by_layer, by_channel = (rate.to_one_pass(*some, t_max=t_max) for some in cases)
            memory = rate.peak_megabytes(name, t_max, __file__) - idle
            print(f"{name:10}{t_max:6}{by_layer:12.2f}{by_channel:13.2f}{memory:10.0f}", flush=True)


if __name__ == "__main__":
    main()
