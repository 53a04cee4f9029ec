# A trained network in spikes, in ten lines
import snnref

net = snnref.load("digits-cnn")  # trained on 8×8 digits; it ships with the package
x, labels = snnref.data.load("digits", split="test")
calibration, _ = snnref.data.load("digits", split="train")
snn = snnref.rate.convert(net, calibration, percentile=99.9)

x, labels = x[:100], labels[:100]
run = snn.run(x, steps=50)
print(f"ANN {(net(x).argmax(axis=1) == labels).mean():.1%}, in spikes {run.accuracy(labels):.1%}")
print(f"{run.spikes_per_neuron:.2f} spikes a neuron, {run.operations.total.mean():,.0f} synaptic operations a digit")
print("the first digit after 1, 2, … 10 steps:", run.prediction_over_time[:10, 0])
