"""How long `run` takes for TDSNN, as a multiple of one plain forward pass of the torch module.

    python benchmarks/tdsnn.py [NETWORK]

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


def lenet_caffe():
    """20C5-P2-50C5-P2-500-10 on 28×28 pixels, as `mnist-lenet-caffe`."""
    features = [nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*features, nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10)), (1, 28, 28)


NETWORKS = {"lenet-caffe": lenet_caffe, "lenet": rate.lenet, "vgg": rate.vgg}


def case(name, **options):
    return rate.case_of(NETWORKS[name], partial(snnref.tdsnn.convert, **options))


def main():
    if len(sys.argv) == 3:  # one run alone, for its memory
        _, snn, x = case(sys.argv[1])
        if int(sys.argv[2]):
            snn.run(x, leak=float(sys.argv[2]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    print(f"batch {rate.BATCH}, {torch.get_num_threads()} threads, run / forward pass\n")
    print(f"{'network':14}{'L':>5}{'last spike':>12}{'fixed':>8}{'peak MB':>10}")
    for name in sys.argv[1:2] or NETWORKS:
        idle = rate.peak_megabytes(name, 0, __file__)
        for leak in (1, 5, 50):
            cases = [case(name, leak=leak, inhibition=inhibition) for inhibition in ("last", "fixed")]
            last, fixed = (rate.to_one_pass(*some) for some in cases)
            memory = rate.peak_megabytes(name, leak, __file__) - idle
            print(f"{name:14}{leak:5}{last:12.2f}{fixed:8.2f}{memory:10.0f}", flush=True)


if __name__ == "__main__":
    main()
