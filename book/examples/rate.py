# Rate coding: a value is how often a neuron fires
import snnref
from snnref.figures.rate import two_resets

net = snnref.load("digits-cnn")
x, labels = snnref.data.load("digits", split="test")
calibration, _ = snnref.data.load("digits", split="train")
x, labels = x[:50], labels[:50]

for reset in ("subtract", "zero"):
    snn = snnref.rate.convert(net, calibration, percentile=99.9, reset=reset)
    print(f"reset {reset}: right, spikes a neuron, operations an image")
    for run in snn.runs(x, steps=80, stops=[10, 20, 80]):  # one run, asked thrice
        operations = run.operations.total.mean()
        print(f"{run.latency:6.0f} steps: {run.accuracy(labels):4.0%} {run.spikes_per_neuron:5.2f} {operations:8,.0f}")

two_resets(threshold=1.0, current=0.40625, steps=40)
