"""from_torch: what users' modules look like, each against torch itself; what is refused, each by its reason."""

import copy
import operator
import sys

import numpy as np
import pytest
import torch
from test_counting import connected
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import prune

import snnref
from snnref.importers.torch_calls import CALLS
from snnref.importers.torch_trace import double_precision
from snnref.layers import Activation, AvgPool, Conv, Dense, Gain, MaxPool, ReLU
from snnref.network import counting
from snnref.network.canonical import canonical
from snnref.network.graph import READOUT
from snnref.network.nodes import Population
from snnref.spiking.walk import activations


class Forward(nn.Module):
    """A module from a function: what its attributes are called is what the function finds in `self`."""

    def __init__(self, forward, **parts):
        super().__init__()
        self.function = (forward,)
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x):
        return self.function[0](self, x)


def with_statistics(module):
    """Batch normalisation as after a training: neither 0 nor 1."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d) and part.track_running_stats:
            part.running_mean.normal_()
            part.running_var.uniform_(0.2, 2)
            if part.affine:
                nn.init.normal_(part.weight)
                nn.init.normal_(part.bias)
    return module


class Block(nn.Module):
    """A residual block as torchvision writes it: shared in-place ReLU, in-place addition."""

    def __init__(self, channels, out, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out, eps=1e-3)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride > 1 or channels != out:
            self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += identity
        return self.relu(y)


def resnet():
    stem = [nn.Conv2d(3, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)]
    blocks = [Block(8, 8), Block(8, 16, stride=2), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(nn.Sequential(*stem), *blocks, nn.Dropout(0.5), nn.Linear(16, 10))


def classic():
    """The example that every tutorial has."""

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.drop(self.conv2(x)), kernel_size=2))
        x = x.view(-1, 20)
        x = F.relu(self.fc1(x))
        x = F.dropout(x, training=self.training)
        return F.log_softmax(self.fc2(x), dim=1)

    return Forward(
        forward,
        conv1=nn.Conv2d(3, 4, 5),
        conv2=nn.Conv2d(4, 5, 3),
        drop=nn.Dropout2d(),
        fc1=nn.Linear(20, 9),
        fc2=nn.Linear(9, 4),
    )


def squeeze_and_excite():
    def forward(self, x):
        x = F.silu(self.depthwise(F.silu(self.expand((x - 0.5) / 0.25))))
        gate = x.mean((2, 3), keepdim=True)
        x = x * torch.sigmoid(self.up(F.silu(self.down(gate))))
        return self.head(x.mean([-2, -1]))

    return Forward(
        forward,
        expand=nn.Conv2d(3, 8, 1),
        depthwise=nn.Conv2d(8, 8, 3, padding="same", groups=8),
        down=nn.Conv2d(8, 2, 1),
        up=nn.Conv2d(2, 8, 1),
        head=nn.Linear(8, 3),
    )


def dense_block():
    """Normalisation before the convolution, on concatenated features: nothing to fold it into."""

    def forward(self, x):
        y = torch.cat([x, self.conv1(F.relu(self.bn1(x)))], 1)
        y = torch.cat((y, self.conv2(F.relu(self.bn2(y)))), dim=-3)
        return self.fc(torch.flatten(self.pool(F.relu(y)), 1))

    return Forward(
        forward,
        bn1=nn.BatchNorm2d(3),
        conv1=nn.Conv2d(3, 4, 3, padding=1),
        bn2=nn.BatchNorm2d(7, affine=False),
        conv2=nn.Conv2d(7, 2, (3, 1), padding=(1, 0), dilation=1),
        pool=nn.AvgPool2d(4),
        fc=nn.Linear(9 * 16, 3),
    )


def shared():
    """One convolution and one ReLU used twice, with tied and frozen weights."""
    conv, relu = nn.Conv2d(3, 3, 3, padding=1), nn.ReLU()
    conv.weight.requires_grad_(False)
    tail = nn.Conv2d(3, 3, 3, stride=2)
    tail.weight = conv.weight
    return nn.Sequential(conv, relu, nn.Sequential(conv, nn.Sequential(relu, tail)), nn.Flatten(), relu)


def own_subclasses():
    class Standardised(nn.Conv2d):
        """Weight standardisation, computed in forward from parameters alone."""

        def forward(self, x):
            weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
            weight = weight / (weight.std((1, 2, 3), keepdim=True) + 1e-5)
            return F.conv2d(x, weight, self.bias, self.stride, self.padding)

    class Renamed(nn.ReLU):
        """The same forward under another name."""

    weighted = torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 4, 3))
    return nn.Sequential(Standardised(3, 4, 3, stride=2), Renamed(), weighted, Renamed(), nn.Flatten(1))


def hypernetwork():
    """Weights that another module computes from a parameter."""

    def forward(self, x):
        weight = torch.tanh(self.maker(self.code)).view(4, 3, 3, 3)
        return F.relu(F.conv2d(x, weight, stride=4)).flatten(1)

    return Forward(forward, maker=nn.Linear(5, 108), code=nn.Parameter(torch.randn(5)))


def with_options():
    """Arguments with defaults; a gate that is expanded; a copy that is not changed in place."""

    class Optional(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.gate = nn.Conv2d(3, 4, 1), nn.Linear(4, 4)

        def forward(self, x, mask=None, return_features=False):
            x = self.conv(x)
            kept = x.clone()
            y = F.relu_(x)
            gate = torch.sigmoid(self.gate(y.mean((2, 3)))).view(y.size(0), 4, 1, 1)
            y = y * gate.expand_as(y) + kept
            y = y + gate.expand(-1, 4, y.shape[2], y.shape[3])
            return y if return_features or mask is not None else y.view(y.size(0), y.shape[1:].numel())

    return Optional()


def pools_before_activations():
    """The maximum commutes with every activation that never falls."""
    pools = [nn.MaxPool2d(2), nn.Tanh(), nn.Conv2d(4, 4, 1), nn.MaxPool2d(2), nn.LeakyReLU(0.1)]
    more = [nn.Conv2d(4, 4, 1), nn.MaxPool2d(2), nn.ReLU6(), nn.AdaptiveAvgPool2d((1, 2)), nn.Flatten()]
    return nn.Sequential(nn.Conv2d(3, 4, 1), *pools, *more)


def in_place_of_the_residual():
    """The in-place ReLU changes what the skip reads: torch adds relu(x), not x."""

    def forward(self, x):
        x = self.conv(x)
        y = F.relu(x, inplace=True)
        return (self.conv2(y) + x).flatten(1)

    return Forward(forward, conv=nn.Conv2d(3, 3, 1), conv2=nn.Conv2d(3, 3, 1))


def sizes():
    """Shapes asked for in all the usual ways."""

    def forward(self, x):
        batch, channels, high, wide = x.shape
        x = x.reshape(batch, channels, high * wide)  # right at the input
        x = F.relu(self.conv(x))
        x = x.unsqueeze(2).squeeze(2)
        return self.fc(x.view(x.size(0), x.size(1) * x.shape[-1]).contiguous())

    return Forward(forward, conv=nn.Conv1d(3, 4, 3, stride=5, padding=2), fc=nn.Linear(4 * 65, 2))


def sequence():
    return nn.Sequential(
        nn.Flatten(2),
        nn.Conv1d(3, 6, 5, padding="same", dilation=2, groups=3),
        nn.BatchNorm1d(6),
        nn.ReLU(),
        nn.MaxPool1d(4),
        nn.Conv1d(6, 4, 3, stride=2),
        nn.ReLU(),
        nn.AvgPool1d(3),
        nn.Flatten(),
        nn.Linear(4 * 13, 5),
        nn.BatchNorm1d(5),
    )


def arithmetic():
    def forward(self, x):
        y = F.relu(self.conv(x * self.gain + 0.5))
        z = -y + (1 - y) * 2 - y / 4
        z = torch.add(z, y, alpha=0.5)
        z -= self.shift
        z *= 0.5
        return F.relu(z).mean(-1).mean(-1)

    return Forward(
        forward,
        conv=nn.Conv2d(3, 4, 3),
        gain=nn.Parameter(torch.tensor([0.5, 2.0, 1.0]).reshape(1, 3, 1, 1)),
        shift=nn.Parameter(torch.randn(4, 1, 1)),
    )


MODELS = {
    f.__name__: f
    for f in (
        *(resnet, classic, squeeze_and_excite, dense_block, shared, own_subclasses, in_place_of_the_residual),
        *(sizes, sequence, arithmetic, hypernetwork, with_options, pools_before_activations),
    )
}
IN_RELUS = ("relu6", "leaky_relu", "hard_sigmoid")  # what sums of them say
NAMED = {
    "sigmoid": (nn.Sigmoid(), torch.sigmoid, F.sigmoid, lambda x: x.sigmoid()),
    "silu": (nn.SiLU(), F.silu, lambda x: F.silu(x, inplace=True)),
    "gelu": (nn.GELU(), F.gelu),
    "gelu_tanh": (nn.GELU("tanh"), lambda x: F.gelu(x, approximate="tanh")),
    "tanh": (nn.Tanh(), torch.tanh, F.tanh, lambda x: x.tanh()),
    "elu": (nn.ELU(0.7), lambda x: F.elu(x, alpha=0.7)),
    "hard_swish": (nn.Hardswish(), F.hardswish),
    "hard_sigmoid": (nn.Hardsigmoid(), F.hardsigmoid),
    "relu6": (nn.ReLU6(), F.relu6),
    "leaky_relu": (nn.LeakyReLU(0.2), lambda x: F.leaky_relu(x, 0.2)),
    "relu": (nn.ReLU(), nn.ReLU(inplace=True), F.relu, torch.relu, F.relu_, lambda x: x.relu(), lambda x: x.relu_()),
}
POOLS = [
    nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=ceil)
    for kernel, stride, padding, dilation in (
        (2, 2, 0, 1),
        (3, 2, 1, 1),
        (3, 2, 0, 1),
        (2, 3, 1, 1),
        ((3, 2), (1, 3), (1, 0), 1),
        (2, 3, 1, 2),
        (4, 4, 2, 1),
        (1, 2, 0, 1),
    )
    for ceil in (False, True)
]


def agrees(module, shape=(3, 17, 19)):
    """Import, and compare with torch on inputs that the import has not seen; both in double precision."""
    module = module.double().eval()
    net = snnref.from_torch(module, input_shape=shape)
    x = torch.randn(4, *shape, dtype=torch.float64) * 2
    with torch.no_grad(), double_precision():  # conversions to float32 would cost digits
        expected = module(x.clone()).numpy()
    np.testing.assert_allclose(net(x.numpy()), expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(net(x).numpy(), expected, rtol=1e-10, atol=1e-10)
    nodes = canonical(net)
    np.testing.assert_allclose(activations(nodes, x.numpy())[READOUT], expected, rtol=1e-10, atol=1e-10)
    return net


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_users_modules(make):
    torch.manual_seed(0)
    net = agrees(with_statistics(make()))
    for p, _ in counting.projections(canonical(net)):
        shape = net.shapes[p.source] if p.source in net.shapes else canonical(net)[p.source].shape
        if np.prod(shape) < 1000:
            assert np.array_equal(p.fan_out(shape).ravel(), connected(p, shape).sum(axis=1)), p


@pytest.mark.parametrize("kind", NAMED)
def test_named_activations_are_kept(kind):
    for call in NAMED[kind]:
        if isinstance(call, nn.Module):
            module = nn.Sequential(nn.Conv2d(3, 2, 3), call, nn.Flatten())
        else:
            module = Forward(lambda self, x, call=call: call(self.conv(x)).flatten(1), conv=nn.Conv2d(3, 2, 3))
        net = agrees(module, (3, 5, 5))
        (population,) = (node for node in canonical(net).values() if isinstance(node, Population))
        assert population.activation.kind == kind
        if kind in ("relu", *IN_RELUS):
            snnref.rate.convert(net, np.random.default_rng(0).normal(size=(50, 3, 5, 5)) * 30)
        else:
            with pytest.raises(
                ValueError, match=f"activation {kind}; rate coding expresses relu, heaviside, sign only"
            ):
                snnref.rate.convert(net, np.ones((1, 3, 5, 5)))


MEANS = [
    *(nn.AvgPool2d(3, 2, 1, ceil, include) for ceil in (False, True) for include in (False, True)),
    *(nn.AvgPool2d((2, 3), (3, 2), (1, 0), ceil, include) for ceil in (False, True) for include in (False, True)),
    *(nn.AvgPool2d(2, 2, 0, ceil) for ceil in (False, True)),
    *(nn.AdaptiveAvgPool2d(size) for size in (1, 3, (4, 2), (None, 5), (7, 8), 12)),
    nn.Sequential(nn.Flatten(2), nn.AvgPool1d(4, 3, 2, True, False)),
    nn.Sequential(nn.Flatten(2), nn.AdaptiveAvgPool1d(9)),
]


@pytest.mark.parametrize("pool", POOLS + MEANS, ids=str)
@pytest.mark.parametrize("size", [(7, 8), (10, 9)])
def test_pooling(pool, size, tmp_path):
    net = agrees(nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), pool, nn.ReLU(), nn.Flatten()), (1, *size))
    nodes = canonical(net)
    for p, _ in counting.projections(nodes):
        shape = nodes[p.source].shape
        assert np.array_equal(p.fan_out(shape).ravel(), connected(p, shape).sum(axis=1)), p
    x = np.random.default_rng(0).normal(size=(2, 1, *size))
    assert np.array_equal(snnref.Network.load(net.save(tmp_path / "net.npz"))(x), net(x))
    assert net.parameters() == 4


def test_a_sum_with_a_gate_is_refused_by_rate_coding():
    torch.manual_seed(0)
    relus = Forward(lambda self, x: (F.relu(x) * F.relu(-x)).flatten(1))
    with pytest.raises(ValueError, match="'mul' is a product of two layers"):
        snnref.rate.convert(agrees(relus, (2, 3, 3)), np.ones((1, 2, 3, 3)))


def test_normalisation_is_folded_and_dropout_gone():
    torch.manual_seed(0)
    net = snnref.from_torch(with_statistics(resnet()).eval(), (3, 32, 32))
    kinds = [type(layer) for layer, _ in net.layers.values()]
    assert set(kinds) == {Conv, ReLU, MaxPool, AvgPool, Dense, type(net.layers["add"][0]), type(net.layers["4"][0])}
    assert Gain not in kinds
    assert list(net.layers)[:4] == ["0.0", "0.2", "0.3", "1.conv1"]  # named as in the module
    before = snnref.from_torch(with_statistics(dense_block()).eval(), (3, 17, 19))
    assert sum(isinstance(layer, Gain) for layer, _ in before.layers.values()) == 2


def test_a_convolution_that_others_read_is_not_folded():
    torch.manual_seed(0)

    def forward(self, x):
        y = self.conv(x)
        return (F.relu(self.bn(y)) + F.relu(y)).flatten(1)

    net = agrees(with_statistics(Forward(forward, conv=nn.Conv2d(3, 4, 3), bn=nn.BatchNorm2d(4))), (3, 5, 5))
    assert isinstance(net.layers["bn"][0], Gain)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_module_is_not_changed_and_the_precision_kept(dtype):
    torch.manual_seed(0)
    module = with_statistics(resnet()).to(dtype).eval()
    before, flags = copy.deepcopy(module.state_dict()), [p.requires_grad for p in module.parameters()]
    net = snnref.from_torch(module, (3, 32, 32))
    net.layers["0.0"][0].weight[:] = 0  # the network's memory is its own
    after = module.state_dict()
    assert all(torch.equal(before[k], after[k]) and before[k].dtype == after[k].dtype for k in before)
    assert [p.requires_grad for p in module.parameters()] == flags
    assert all(p.grad is None for p in module.parameters())
    assert net.layers["1.conv1"][0].weight.dtype == (np.float64 if dtype == torch.float64 else np.float32)


def test_imported_networks_convert_save_and_load(tmp_path):
    torch.manual_seed(0)
    module = with_statistics(resnet()).eval()
    net = snnref.from_torch(module, (3, 32, 32))
    x = torch.rand(3, 3, 32, 32)
    again = snnref.Network.load(net.save(tmp_path / "net.npz"))
    assert torch.equal(again(x), net(x))
    run = snnref.rate.convert(net, x.numpy()).run(x.numpy(), steps=5)
    assert run.output.shape == (3, 10)
    for make, shape in ((sequence, (3, 17, 19)), (squeeze_and_excite, (3, 17, 19)), (classic, (3, 17, 19))):
        net = snnref.from_torch(make().eval(), shape)
        x = np.random.default_rng(0).random((2, *shape))
        assert np.array_equal(snnref.Network.load(net.save(tmp_path / "net.npz"))(x), net(x))


def test_one_axis_in_spikes():
    """Rate coding needs no image: a sequence does as well."""
    torch.manual_seed(0)
    net = snnref.from_torch(with_statistics(sequence()).double().eval(), (3, 17, 19))
    x = np.random.default_rng(0).random((4, 3, 17, 19))
    snn = snnref.rate.convert(net, x, percentile=100)
    np.testing.assert_allclose(snn.run(x, steps=500).output, net(x), atol=0.1)
    assert np.array_equal(snn.simulate(x, steps=20).prediction, snn.run(x, steps=20).prediction)


def test_a_softmax_at_the_end_shapes_the_output_in_spikes_too():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 10), nn.LogSoftmax(1)).eval()
    x = torch.rand(50, 8)
    net = snnref.from_torch(module, (8,))
    run = snnref.rate.convert(net, x, percentile=100).run(x, steps=2000)
    assert (run.output - module(x)).abs().max() < 0.02
    assert torch.equal(run.prediction_over_time[-1], run.output.argmax(1))


class Call(nn.Module):
    """A module of one function."""

    def __init__(self, call):
        super().__init__()
        self.call = (call,)

    def forward(self, x):
        return self.call[0](x)


def lonely(forward, **parts):
    return Forward(forward, **parts).eval()


class TwoInputs(nn.Module):
    def forward(self, x, y):
        return x + y


def nan_weights(value):
    module = nn.Linear(4, 2)
    with torch.no_grad():
        module.weight[0, 0] = value
    return module.eval()


def hooked():
    module = nn.Sequential(nn.Linear(4, 2), nn.ReLU()).eval()
    module[0].register_forward_hook(lambda module, inputs, output: output + 1)
    return module


def partly_training(module):
    module.eval()
    module[1].train()
    return module


def view_changed_in_place(self, x):
    y = self.fc(x)
    y.view(-1, 2, 2).relu_()
    return y


LINEAR = nn.Linear(4, 4)
REFUSED = {
    "not a module": (lambda: F.relu, TypeError, "got function, expected a torch.nn.Module"),
    "a state dict": (lambda: nn.Linear(4, 2).state_dict(), TypeError, r"got OrderedDict.*module.load_state_dict\("),
    "scripted": (lambda: torch.jit.script(nn.Linear(4, 2)), ValueError, "itself .RecursiveScriptModule. is scripted"),
    "a scripted part": (
        lambda: nn.Sequential(LINEAR, torch.jit.script(nn.Linear(4, 2))),
        ValueError,
        "module: 1 .RecursiveScriptModule. is scripted or traced by torch.jit; import the module that it was made from",
    ),
    "exported": (
        lambda: torch.export.export(nn.Sequential(LINEAR), (torch.rand(1, 4),)).module(),
        ValueError,
        "is a graph that torch exported",
    ),
    "quantised": (
        lambda: torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 4)), {nn.Linear}),
        ValueError,
        "module: 0 .* is quantised; import the float module",
    ),
    "lazy": (
        lambda: nn.Sequential(nn.LazyLinear(3)),
        ValueError,
        "module: 0 .* does not know its shapes yet; send one",
    ),
    "train mode": (lambda: nn.Sequential(nn.Linear(4, 2)), ValueError, r"the module itself is in train mode; call"),
    "part in train mode": (
        lambda: partly_training(nn.Sequential(nn.Linear(4, 2), nn.Dropout())),
        ValueError,
        "module: 1 is in train mode",
    ),
    "unsupported module": (
        lambda: nn.Sequential(nn.Sequential(nn.Linear(4, 4), nn.Softplus())),
        ValueError,
        r"'0.1' \(torch.nn.functional.softplus\): it has no counterpart here; use relu",
    ),
    "unsupported function": (
        lambda: lonely(lambda self, x: torch.sin(x)),
        ValueError,
        r"'sin' \(torch.sin\): it has no counterpart here",
    ),
    "unsupported method": (
        lambda: lonely(lambda self, x: x.cumprod(1)),
        ValueError,
        r"'cumprod' \(torch.Tensor.cumprod\): it has no counterpart here",
    ),
    "control flow": (
        lambda: lonely(lambda self, x: x if x.sum() > 0 else -x),
        ValueError,
        r"'bool' \(torch.Tensor.__bool__\): forward asks for a number that depends on the input, for an `if`",
    ),
    "conversion": (lambda: lonely(lambda self, x: x * float(x.max())), ValueError, "forward asks for a number"),
    "several calls": (
        lambda: nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.Softplus(), nn.Linear(4, 2), nn.LayerNorm(2)),
        ValueError,
        r"(?s)3 calls cannot be imported:\n'1' \(.*layer_norm\): it divides by .*'2' \(.*softplus\).*'4' \(",
    ),
    "recurrent": (
        lambda: lonely(lambda self, x: self.lstm(x.unsqueeze(1))[0], lstm=nn.LSTM(4, 3, batch_first=True)),
        ValueError,
        "recurrent layers have no counterpart here",
    ),
    "attention": (
        lambda: lonely(lambda self, x: F.scaled_dot_product_attention(*[x.view(-1, 2, 2)] * 3)),
        ValueError,
        "multiplies values that both depend on the input",
    ),
    "two inputs": (lambda: TwoInputs().eval(), ValueError, "missing 1 required .* 'y'.* must take one tensor"),
    "without weights": (lambda: nn.Linear(4, 2, device="meta"), ValueError, "must have its weights"),
    "pruned": (lambda: prune.l1_unstructured(nn.Linear(4, 4), "weight", 0.5), ValueError, "hooks, .*prune.remove"),
    "a loop over the shape": (
        lambda: lonely(lambda self, x: [k.relu() for k in x.shape]),
        ValueError,
        "cannot be followed .*no attribute 'relu'.* must take one tensor and make the same calls for every input",
    ),
    "division by 0": (lambda: lonely(lambda self, x: x / 0), ValueError, "divides by 0"),
    "another divisor": (
        lambda: nn.Sequential(nn.Unflatten(1, (1, 2, 2)), nn.AvgPool2d(2, divisor_override=3)),
        ValueError,
        "got divisor_override=3, expected None",
    ),
    "an axis too many": (lambda: lonely(lambda self, x: x * x.size(9)), ValueError, "cannot be followed .IndexError"),
    "the batch twice": (
        lambda: lonely(lambda self, x: x.relu().view(x.size(0), x.size(0), -1)),
        ValueError,
        "module fails on inputs",
    ),
    "an adaptive pool to nothing": (
        lambda: nn.Sequential(nn.Unflatten(1, (1, 4, 1)), nn.AdaptiveAvgPool2d(0)),
        ValueError,
        "expected at least one place",
    ),
    "a constant written into": (
        lambda: lonely(lambda self, x: self.shift.add_(x), shift=nn.Parameter(torch.ones(4))),
        ValueError,
        "writes into a constant",
    ),
    "two outputs": (lambda: lonely(lambda self, x: (x, F.relu(x))), ValueError, "returns tuple, expected one tensor"),
    "constant output": (lambda: lonely(lambda self, x: torch.ones(3)), ValueError, "returns .*, expected one tensor"),
    "nothing": (lambda: nn.Identity(), ValueError, "returns its input unchanged, expected at least one layer"),
    "NaN weight": (lambda: nan_weights(float("nan")), ValueError, "weight holds NaN or infinite values"),
    "infinite weight": (lambda: nan_weights(float("inf")), ValueError, "weight holds NaN or infinite values"),
    "NaN statistics": (
        lambda: with_nan(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.BatchNorm1d(4))),
        ValueError,
        "holds NaN or infinite values",
    ),
    "wrong features": (lambda: nn.Linear(5, 2), ValueError, r"got features \(4,\), expected 1 feature axes and 5"),
    "dense on another axis": (
        lambda: lonely(lambda self, x: self.fc(x.unsqueeze(2)), fc=LINEAR),
        ValueError,
        r"got features \(4, 1\) for weights \(4, 4\), expected 4 along the last axis",
    ),
    "kernel too large": (
        lambda: nn.Sequential(nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 1, 3)),
        ValueError,
        "a window of .* does not fit",
    ),
    "batch statistics": (
        lambda: nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4, track_running_stats=False)),
        ValueError,
        "normalises by the batch at hand",
    ),
    "always dropping": (
        lambda: lonely(lambda self, x: F.dropout(x, 0.5)),
        ValueError,
        "drops at random even in eval mode, expected training=self.training",
    ),
    "hard-coded batch": (
        lambda: lonely(lambda self, x: F.relu(x).view(1, 4)),
        ValueError,
        r"with a batch of 2: .*\[1, 4\]",
    ),
    "flattened batch": (lambda: nn.Flatten(0), ValueError, r"moves or drops the batch \(result \(8,\) for 2 samples"),
    "use of the batch": (
        lambda: lonely(lambda self, x: x * x.size(0)),
        ValueError,
        "differs from the module",
    ),
    "mean over the batch": (lambda: lonely(lambda self, x: x - x.mean(0)), ValueError, "the batch"),
    "mean over all": (lambda: lonely(lambda self, x: x - x.mean()), ValueError, "without dim it works over the batch"),
    "cat of the batch": (lambda: lonely(lambda self, x: torch.cat([x, x])), ValueError, "moves or drops the batch"),
    "a turned batch": (lambda: lonely(lambda self, x: x.T), ValueError, "moves or drops the batch"),
    "one sample": (lambda: lonely(lambda self, x: x[0].expand(2, -1)), ValueError, "moves or drops the batch"),
    "samples turned round": (lambda: lonely(lambda self, x: x.flip(0)), ValueError, "mixes the samples of a batch"),
    "a constant for each sample": (
        lambda: lonely(lambda self, x: x + torch.arange(x.size(0))[:, None]),
        ValueError,
        "differs between the samples",
    ),
    "nothing left": (lambda: lonely(lambda self, x: x.zero_()), ValueError, "nothing of the input is left"),
    "a jump": (lambda: nn.Sequential(LINEAR, nn.Threshold(0.1, 20)), ValueError, "it jumps; expected equal ones"),
    "empty bounds": (
        lambda: nn.Sequential(LINEAR, Call(lambda x: x.clamp(1, 0))),
        ValueError,
        "the first to be smaller",
    ),
    "two matrices": (
        lambda: lonely(lambda self, x: x[:, :, None] @ x[:, None]),
        ValueError,
        "both depend on the input",
    ),
    "a cube": (lambda: lonely(lambda self, x: x**3), ValueError, "got exponent 3, expected 2"),
    "a result elsewhere": (
        lambda: lonely(lambda self, x: torch.add(x, 1, out=torch.empty(4))),
        ValueError,
        "writes into another tensor",
    ),
    "a shape changed in place": (lambda: lonely(lambda self, x: x.unsqueeze_(1)), ValueError, "shape in place"),
    "an integer": (lambda: lonely(lambda self, x: x.to(torch.int64)), ValueError, "converts to torch.int64"),
    "division by a layer": (lambda: lonely(lambda self, x: 1 / x), ValueError, "divides by something that depends"),
    "softmax inside": (
        lambda: nn.Sequential(nn.Softmax(1), nn.Linear(4, 2)),
        ValueError,
        "softmax can only end a network",
    ),
    "softmax over the batch": (lambda: nn.Softmax(0), ValueError, "the batch"),
    "maximum before a sum": (
        lambda: nn.Sequential(nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 1, 1), nn.MaxPool2d(2), nn.Flatten()),
        ValueError,
        "may be negative; put a ReLU before the pooling",
    ),
    "indices": (
        lambda: nn.Sequential(nn.Unflatten(1, (1, 2, 2)), nn.ReLU(), nn.MaxPool2d(2, return_indices=True)),
        ValueError,
        "returns tuple",
    ),
    "random numbers": (lambda: lonely(lambda self, x: x + torch.rand(4)), ValueError, "differs from the module"),
    "small random numbers": (lambda: lonely(lambda self, x: x + 1e-6 * torch.rand(4)), ValueError, "differs from the"),
    "a hook": (hooked, ValueError, "module: 0 has hooks, which a list of calls cannot show"),
    "a view changed in place": (
        lambda: lonely(view_changed_in_place, fc=LINEAR),
        ValueError,
        "differs from the module",
    ),
    "not an ordinary argument": (
        lambda: lonely(lambda self, x: torch.relu(x, 1)),
        ValueError,
        "cannot be followed|takes 1 positional|ordinary call",
    ),
}


def with_nan(module):
    module[-1].running_var[0] = float("nan")
    return module


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_refused(case):
    make, kind, message = case
    module = make()
    if isinstance(module, nn.Module) and not any(word in message for word in ("train mode", "exported")):
        module.eval()
    with pytest.raises(kind, match=message):
        snnref.from_torch(module, (4,))


@pytest.mark.parametrize("shape", [3, (0, 4), (1, -1), ("a",), [1.5], torch.rand(1, 4)])
def test_input_shapes_without_sense_are_refused(shape):
    with pytest.raises((ValueError, TypeError), match="input_shape"):
        snnref.from_torch(nn.Linear(4, 2).eval(), shape)


def test_without_torch_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "snnref.importers.torch")
    with pytest.raises(ImportError, match=r"pip install '\.\[torch\]'"):
        snnref.from_torch  # noqa: B018


def test_activation_layers_are_equal_by_name():
    assert Activation("elu", 0.5) == Activation("elu", 0.5)
    assert Activation("silu") != Activation("gelu")


torch.manual_seed(1)
MATRIX, KERNEL = torch.randn(4, 48).double(), torch.randn(4, 3, 2, 2).double()
LINE = torch.randn(2, 3, 3).double()
MEAN, SPREAD = torch.randn(3).double(), torch.rand(3).double() + 0.5


def one(call, *args, **kwargs):
    """A module of this one call on an image of 3×4×4."""
    return lambda x: call(x, *args, **kwargs)


def line(call, *args, **kwargs):
    return lambda x: call(F.relu(x.flatten(2)), *args, **kwargs)


def vector(call, *args, **kwargs):
    return lambda x: call(x.flatten(1), *args, **kwargs)


def changed(call, *args):
    """Changed in place, and then read under its old name."""

    def forward(x):
        y = x * 2
        call(y, *args)
        return y

    return forward


NORM = {"weight": SPREAD, "bias": MEAN, "eps": 0.1}
TABLE = {
    F.linear: [vector(F.linear, MATRIX), vector(F.linear, MATRIX, torch.ones(4).double())],
    F.conv1d: [line(F.conv1d, LINE, stride=2, padding=1, dilation=2)],
    F.conv2d: [one(F.conv2d, KERNEL, None, (2, 1), "valid"), one(F.conv2d, KERNEL, padding="same")],
    F.batch_norm: [one(F.batch_norm, MEAN, SPREAD, **NORM), one(F.batch_norm, MEAN, SPREAD)],
    F.max_pool1d: [line(F.max_pool1d, 3, 2, 1)],
    F.max_pool2d: [one(F.max_pool2d, (2, 3), stride=1, padding=(1, 0)), one(F.max_pool2d, 3, ceil_mode=True)],
    torch.max_pool1d: [line(torch.max_pool1d, 3)],
    torch.max_pool2d: [one(torch.max_pool2d, 2)],
    F.avg_pool1d: [line(F.avg_pool1d, 4, 3, 1)],
    F.avg_pool2d: [one(F.avg_pool2d, (2, 3), 1, 1), one(F.avg_pool2d, 2)],
    F.adaptive_avg_pool1d: [line(F.adaptive_avg_pool1d, 8)],
    F.adaptive_avg_pool2d: [one(F.adaptive_avg_pool2d, (1, None)), lambda x: F.adaptive_avg_pool2d(x, 4) * 2],
    F.relu6: [one(F.relu6), changed(lambda x: F.relu6(x, inplace=True))],
    F.silu: [one(F.silu), changed(lambda x: F.silu(x, inplace=True))],
    F.hardswish: [one(F.hardswish)],
    F.hardsigmoid: [one(F.hardsigmoid)],
    F.leaky_relu: [one(F.leaky_relu), one(F.leaky_relu, 0.3)],
    F.elu: [one(F.elu, 0.4)],
    F.gelu: [one(F.gelu), one(F.gelu, approximate="tanh")],
    F.dropout: [lambda x: F.dropout(x * 2, 0.5, False)],
    F.dropout1d: [lambda x: F.dropout1d(x.flatten(2) * 2, training=False)],
    F.dropout2d: [lambda x: F.dropout2d(x * 2, training=False)],
    F.alpha_dropout: [lambda x: F.alpha_dropout(x * 2)],
    torch.clone: [lambda x: torch.clone(x) + F.relu_(x)],
    torch.cat: [lambda x: torch.cat([x, -x], dim=1), lambda x: torch.cat((x * 2,), -3)],
    torch.concat: [lambda x: torch.concat([x, -x], 1)],
    torch.concatenate: [lambda x: torch.concatenate([x, -x], axis=1)],
    operator.add: [lambda x: x + F.relu(x), lambda x: 2 + x, lambda x: x + MEAN.view(3, 1, 1)],
    operator.sub: [lambda x: x - F.relu(x), lambda x: 2 - x, lambda x: x - MEAN.view(1, 3, 1, 1)],
    operator.mul: [lambda x: x * F.relu(x), lambda x: x * SPREAD[:, None, None]],
    operator.truediv: [lambda x: x / SPREAD[:, None, None], lambda x: x / 4],
    operator.neg: [lambda x: -x],
    operator.getitem: [lambda x: x[:, :, None, :, :].flatten(1), lambda x: F.relu(x[..., None, None].flatten(1))],
    getattr: [lambda x: x.view(x.shape[0], -1), lambda x: x * x.ndim],
    torch.relu: [one(torch.relu)],
    torch.sigmoid: [one(torch.sigmoid)],
    torch.tanh: [one(torch.tanh)],
    torch.flatten: [one(torch.flatten, 1), one(torch.flatten, start_dim=1)],
    torch.reshape: [one(torch.reshape, (-1, 48))],
    torch.squeeze: [lambda x: torch.squeeze(F.avg_pool2d(x, (1, 4)), -1).flatten(1)],
    torch.unsqueeze: [lambda x: torch.unsqueeze(x.flatten(1), 2).flatten(1) * 2],
    torch.unflatten: [lambda x: torch.unflatten(x.flatten(1), 1, (6, -1)).flatten(1) * 2],
    torch.mean: [one(torch.mean, (2, 3)), one(torch.mean, (-1, -2), keepdim=True), one(torch.mean, dim=-1)],
    torch.softmax: [vector(torch.softmax, 1)],
    torch.log_softmax: [vector(torch.log_softmax, dim=-1)],
    torch.add: [lambda x: torch.add(x, F.relu(x), alpha=0.5), lambda x: torch.add(x, MEAN.view(3, 1, 1), alpha=3)],
    torch.sub: [lambda x: torch.sub(x, 0.5), lambda x: torch.sub(x, F.relu(x))],
    torch.mul: [lambda x: torch.mul(x, F.relu(x))],
    torch.div: [lambda x: torch.div(x, 3)],
    torch.neg: [one(torch.neg)],
    F.relu: [one(F.relu), one(F.relu, inplace=True)],
    F.sigmoid: [one(F.sigmoid)],
    F.tanh: [one(F.tanh)],
    F.softmax: [vector(F.softmax, dim=1)],
    F.log_softmax: [vector(F.log_softmax, -1)],
    F.relu_: [changed(F.relu_)],
    torch.relu_: [changed(torch.relu_)],
    F.leaky_relu_: [changed(F.leaky_relu_, 0.3)],
    F.elu_: [changed(F.elu_, 0.3)],
}


@pytest.mark.parametrize("function", TABLE, ids=lambda k: torch.overrides.resolve_name(k) or k.__name__)
def test_every_function_of_the_table(function):
    for call in TABLE[function]:
        agrees(Forward(lambda self, x, call=call: call(x), one=nn.Parameter(torch.ones(()))), (3, 4, 4))


def test_the_table_is_complete():
    assert CALLS
