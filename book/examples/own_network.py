# A network of your own, built of layers
import numpy as np

from snnref import Network, diagnose, rate
from snnref.layers import Add, Conv, Dense, Flatten, MaxPool, ReLU

rng = np.random.default_rng(0)  # in the place of trained weights
net = (
    Network((1, 8, 8))
    .add("conv", Conv(rng.normal(size=(4, 1, 3, 3)), np.zeros(4), padding=1))
    .add("relu", ReLU())
    .add("deep", Conv(rng.normal(size=(4, 4, 3, 3)) / 6, np.zeros(4), padding=1))
    .add("sum", Add(), "deep", "relu")  # a residual connection
    .add("relu2", ReLU())
    .add("pool", MaxPool(2))
    .add("flat", Flatten((4, 4, 4)))
    .add("out", Dense(rng.normal(size=(10, 64)) / 8))
)
print(net.summary())

x = rng.random((20, 1, 8, 8))
snn = rate.convert(net, calibration=x)
for run in snn.runs(x, steps=200, stops=[10, 50, 200]):
    print(f"after {run.latency:3.0f} steps the outputs differ by {np.abs(run.output - net(x)).max():.2f} at most")
print(diagnose(net, snn, x, steps=50))
