# TDSNN: the stronger, the later; one spike each
import snnref
from snnref import tdsnn
from snnref.figures.tdsnn import ticking

net = snnref.load("digits-cnn")
x, labels = snnref.data.load("digits", split="test")
calibration, _ = snnref.data.load("digits", split="train")
x, labels = x[:100], labels[:100]

snn = tdsnn.convert(net, calibration, leak=5.0)
for leak in (2, 5, 10, 20):
    run = snn.run(x, leak=leak)
    print(f"L {leak:2}: {run.accuracy(labels):4.0%} right after {run.latency:3.0f} steps,", end=" ")
    print(f"{run.spikes_per_neuron:.2f} spikes a neuron, {run.operations.total.mean():,.0f} operations", end=" ")
    print(f"and {tdsnn.costs(run).multiplications.mean():,.0f} multiplications an image")

ticking(leak=3.0, value=2.0)
