"""Known architectures of the field: imported exactly, and the finer a code, the nearer to the network."""

import known_architectures
import numpy as np
import pytest
import torch
from test_counting import connected

import snnref
from snnref.methods import METHODS, method
from snnref.network import counting
from snnref.network.canonical import canonical

RESOLUTIONS = {  # coarse and fine
    "rate": ({"steps": 40}, {"steps": 1000}, {"percentile": 100.0}),
    "ttfs": ({"t_max": 16}, {"t_max": 1000}, {"output": "potential", "threshold": "maximum"}),
    "sigma_delta": (
        {"threshold": 0.2},
        {"threshold": 0.01},
        {"percentile": 100.0, "levels": 100, "output": "potential"},
    ),
    "tdsnn": ({"leak": 50.0}, {"leak": 5000.0}, {}),
    "amos": ({"K": 6}, {"K": 14}, {}),
}


@pytest.mark.parametrize("name", known_architectures.ARCHITECTURES)
def test_imported(name):
    module, shape = known_architectures.made(name)
    net = snnref.from_torch(module.double(), shape)
    x = torch.rand(4, *shape, dtype=torch.float64)
    with torch.no_grad():
        np.testing.assert_allclose(net(x), module(x), rtol=1e-9, atol=1e-9)
    nodes = canonical(net)
    for p, _ in counting.projections(nodes):
        features = nodes[p.source].shape
        assert np.array_equal(p.fan_out(features).ravel(), connected(p, features).sum(axis=1)), p


@pytest.mark.parametrize("name", known_architectures.ARCHITECTURES)
@pytest.mark.parametrize("code", METHODS)
def test_the_error_falls_with_resolution(name, code):
    module, shape = known_architectures.made(name)
    net = snnref.from_torch(module.double(), shape)
    x = np.random.default_rng(0).random((12, *shape))
    coarse, fine, always = RESOLUTIONS[code]
    errors = []
    for options in (coarse, fine):
        snn = method(code).convert(net, x, **always, **options)
        errors.append(np.abs(snn.run(x[:4]).output - net(x[:4])).mean() / np.abs(net(x)).max())
    assert errors[1] < 0.05, errors
    assert errors[1] < errors[0], errors
