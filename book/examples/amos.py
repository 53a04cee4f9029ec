# AMOS: a few spikes spell a number, bit by bit
import snnref
from snnref.figures.amos import bit_by_bit

net = snnref.load("digits-cnn")
x, labels = snnref.data.load("digits", split="test")
calibration, _ = snnref.data.load("digits", split="train")
x, labels = x[:50], labels[:50]

for K in (2, 3, 4):
    snn = snnref.amos.convert(net, calibration, K=K)
    run = snn.run(x)
    print(f"K {K}: {run.accuracy(labels):4.0%} right after {run.latency:.0f} steps,", end=" ")
    print(f"{run.spikes_per_neuron:.3f} spikes a gate, {run.operations.total.mean():,.0f} operations an image")

bit_by_bit(x=0.65, K=5)
