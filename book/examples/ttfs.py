# Time to first spike: a value is when a neuron fires
import snnref
from snnref.figures.ttfs import two_stages

net = snnref.load("digits-cnn")
x, labels = snnref.data.load("digits", split="test")
calibration, _ = snnref.data.load("digits", split="train")
x, labels = x[:100], labels[:100]

for t_max in (4, 8, 16, 32):
    snn = snnref.ttfs.convert(net, calibration[:300], t_max=t_max, threshold="search")
    run = snn.run(x)
    print(f"t_max {t_max:2}: {run.accuracy(labels):4.0%} right after {run.latency:3.0f} steps,", end=" ")
    print(f"{run.spikes_per_neuron:.2f} spikes a neuron, {run.operations.total.mean():,.0f} operations an image")

two_stages(t_max=20, threshold=1.25)
