# Sigma-delta: neurons send their changes
import snnref
from snnref.figures.sigma_delta import neuron

net = snnref.load("digits-cnn")
x, labels = snnref.data.load("digits", split="test")
calibration, _ = snnref.data.load("digits", split="train")
x, labels = x[:20], labels[:20]

for threshold in (1.0, 0.5):
    snn = snnref.sigma_delta.convert(net, calibration, threshold=threshold)
    run = snn.run(x)
    print(f"θ {threshold}: {run.accuracy(labels):.0%} right, {run.spikes_per_neuron:.2f} spikes a neuron,", end=" ")
    print(f"{run.operations.total.mean():,.0f} operations an image")

film = snn.run(x[[0, 0, 0, 1]], keep=True)  # four frames; the second and the third are as the first
print("operations a frame:", film.operations.total.astype(int))

neuron(threshold=1.0)
