"""from_torch: every name of its tables, called once, against torch itself."""

import pytest
import torch
from test_import_torch import Forward, agrees
from torch import nn
from torch.nn import functional as F

from snnref.importers.torch_calls import CALLS, CONSTANTS, MOVES, NUMBERS, UNCHANGED
from snnref.importers.torch_trace import Trace

torch.manual_seed(4)
W, V, KERNEL = torch.randn(8, 8).double(), torch.randn(4).double(), torch.randn(4, 4, 2, 2).double()
MASK = torch.eye(8, dtype=torch.bool)


def line(x):
    return x.flatten(2)


def vector(x):
    return x.flatten(1)


def cube(x):
    return x.unflatten(2, (2, 4))


def filled(x, call):
    """Changed in place, in a part, so that something of the input is left."""
    y = x.clone()
    call(y)
    return y


EXAMPLES = {  # of features (4, 8, 8)
    "linear": lambda x: F.linear(x, W),
    "matmul": lambda x: torch.matmul(x, W),
    "mm": lambda x: torch.mm(vector(x), W.repeat(32, 1)),
    "__rmatmul__": lambda x: x.__rmatmul__(W),
    "einsum": lambda x: torch.einsum("bchw,hk->bckw", x, W),
    "conv1d": lambda x: F.conv1d(line(x), KERNEL[..., 0], V, 2),
    "conv2d": lambda x: F.conv2d(x, KERNEL, V, padding="same"),
    "conv3d": lambda x: F.conv3d(cube(x), KERNEL[:, :, None], V, (1, 2, 1), (0, 1, 0)),
    "conv_transpose1d": lambda x: F.conv_transpose1d(line(x), KERNEL[..., 0], V, 3),
    "conv_transpose2d": lambda x: F.conv_transpose2d(x, KERNEL, V, 2, 1),
    "conv_transpose3d": lambda x: F.conv_transpose3d(cube(x), KERNEL[:, :, None], V, 2),
    "batch_norm": lambda x: F.batch_norm(x, V, V**2),
    "instance_norm": lambda x: F.instance_norm(x, V, V**2, use_input_stats=False),
    "max_pool1d": lambda x: F.max_pool1d(line(F.relu(x)), 3),
    "max_pool2d": lambda x: F.max_pool2d(F.relu(x), 2),
    "max_pool3d": lambda x: F.max_pool3d(F.relu(cube(x)), (1, 2, 3), 2, (0, 1, 1)),
    "avg_pool1d": lambda x: F.avg_pool1d(line(x), 3),
    "avg_pool2d": lambda x: F.avg_pool2d(x, 3, 2, 1),
    "avg_pool3d": lambda x: F.avg_pool3d(cube(x), (2, 1, 3)),
    "adaptive_avg_pool1d": lambda x: F.adaptive_avg_pool1d(line(x), 5),
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x, (3, None)),
    "adaptive_avg_pool3d": lambda x: F.adaptive_avg_pool3d(cube(x), (1, 2, 4)),
    "adaptive_max_pool1d": lambda x: F.adaptive_max_pool1d(line(F.relu(x)), 4),
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(F.relu(x), (1, 2)),
    "adaptive_max_pool3d": lambda x: F.adaptive_max_pool3d(F.relu(cube(x)), (2, 1, 4)),
    "interpolate": lambda x: F.interpolate(x, scale_factor=1.5, mode="bilinear"),
    "relu": lambda x: x.relu(),
    "relu6": lambda x: F.relu6(x),
    "sigmoid": lambda x: x.sigmoid(),
    "tanh": lambda x: torch.tanh(x),
    "silu": lambda x: F.silu(x, inplace=True),
    "hardswish": lambda x: F.hardswish(x),
    "hardsigmoid": lambda x: F.hardsigmoid(x),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.3),
    "prelu": lambda x: F.prelu(x, V) + F.prelu(x, V[:1]),
    "elu": lambda x: F.elu(x, 0.4),
    "gelu": lambda x: F.gelu(x) + F.gelu(x, approximate="tanh"),
    "abs": lambda x: abs(x),
    "absolute": lambda x: torch.absolute(x),
    "hardtanh": lambda x: F.hardtanh(x, -0.5, 2.0),
    "clamp": lambda x: x.clamp(0, 1) + x.clamp(max=0.3) + torch.clamp(x, min=-0.2),
    "clip": lambda x: x.clip(-1, 1),
    "clamp_min": lambda x: x.clamp_min(0.5),
    "clamp_max": lambda x: x.clamp_max(0.5),
    "threshold": lambda x: torch.threshold(x, 0, 0),
    "_threshold": lambda x: F.threshold(x, 0.25, 0.25),
    "sign": lambda x: torch.sign(x),
    "sgn": lambda x: x.sgn(),
    "heaviside": lambda x: torch.heaviside(x, torch.zeros(1)),
    "gt": lambda x: (x > 0).float() + torch.gt(x, 0.5),
    "greater": lambda x: torch.greater(x, 0.25) * 2,
    "lt": lambda x: (x < 0.5).double(),
    "less": lambda x: x.less(0) * 3,
    "softmax": lambda x: F.softmax(vector(x), 1),
    "log_softmax": lambda x: vector(x).log_softmax(-1),
    "dropout": lambda x: F.dropout(x * 2, training=False),
    "dropout1d": lambda x: F.dropout1d(line(x) * 2, training=False),
    "dropout2d": lambda x: F.dropout2d(x * 2, training=False),
    "dropout3d": lambda x: F.dropout3d(cube(x) * 2, training=False),
    "feature_dropout": lambda x: torch.feature_dropout(x * 2, 0.5, False),
    "alpha_dropout": lambda x: F.alpha_dropout(x * 2),
    "feature_alpha_dropout": lambda x: F.feature_alpha_dropout(x * 2),
    "clone": lambda x: x.clone() + F.relu_(x),
    "add": lambda x: torch.add(x, V[:, None, None], alpha=3) + x.add(x, alpha=2),
    "sub": lambda x: x - V[:, None, None] - torch.sub(x, x.relu(), alpha=2),
    "subtract": lambda x: torch.subtract(x, 1),
    "__rsub__": lambda x: 1 - x,
    "rsub": lambda x: torch.rsub(x, 3),
    "mul": lambda x: x * x.relu() * 2,
    "multiply": lambda x: x.multiply(W),
    "div": lambda x: x / (W + 10),
    "divide": lambda x: torch.divide(x, 2),
    "true_divide": lambda x: x.true_divide(3),
    "__rdiv__": None,  # by something computed, which is refused
    "__rtruediv__": None,
    "neg": lambda x: -x,
    "negative": lambda x: torch.negative(x),
    "square": lambda x: x.square(),
    "pow": lambda x: x**2 + torch.pow(x, 1),
    "mean": lambda x: x.mean((2, 3)) + x.mean((1, 2))[:, :1] + x.mean(dim=[1, 2, 3]).unsqueeze(1),
    "sum": lambda x: x.sum(-1).sum(1, keepdim=True, dtype=torch.float64),
    "cumsum": lambda x: torch.cumsum(x, 1),
    "amax": lambda x: (
        F.relu(x).amax((2, 3)) + F.relu(x).amax(1)[:, 0, :4] + F.relu(x).amax((1, 2, 3), keepdim=True)[:, 0, 0]
    ),
    "max": lambda x: torch.max(F.relu(line(x)), 2)[0] + torch.max(x, x.new_ones(1)).flatten(1)[:, :4],
    "maximum": lambda x: torch.maximum(x, 2 * x) + torch.maximum(x, W),
    "reshape": lambda x: x.reshape(-1, 8, 32),
    "view": lambda x: x.view(x.size(0), 8, -1),
    "view_as": lambda x: vector(x).view_as(x.transpose(1, 2)),
    "reshape_as": lambda x: vector(x).reshape_as(x),
    "flatten": lambda x: torch.flatten(x, 2),
    "unflatten": lambda x: x.unflatten(1, (2, 2)),
    "squeeze": lambda x: x[:, :1].squeeze(1),
    "unsqueeze": lambda x: x.unsqueeze(-1),
    "permute": lambda x: x.permute(0, 3, 1, 2),
    "transpose": lambda x: x.transpose(1, 3),
    "swapaxes": lambda x: x.swapaxes(1, 2),
    "swapdims": lambda x: x.swapdims(2, 3),
    "movedim": lambda x: x.movedim(1, 3),
    "moveaxis": lambda x: torch.moveaxis(x, 3, 1),
    "t": None,
    "T": None,  # of a batch of vectors, which is refused
    "H": None,
    "mT": lambda x: x.mT,
    "chunk": lambda x: x.chunk(3, 2)[1],
    "split": lambda x: x.split(3, 1)[1],
    "split_with_sizes": lambda x: x.split_with_sizes([1, 3], 1)[1],
    "tensor_split": lambda x: x.tensor_split(3, dim=2)[2],
    "hsplit": lambda x: torch.hsplit(x, 2)[1],
    "vsplit": None,
    "dsplit": lambda x: torch.dsplit(x, 4)[3],
    "unbind": lambda x: x.unbind(2)[3],
    "narrow": lambda x: x.narrow(1, 1, 2),
    "select": lambda x: x.select(3, 2),
    "index_select": lambda x: x.index_select(2, torch.tensor([3, 1, 3])),
    "__getitem__": lambda x: x[:, [0, 2], ::3],
    "__setitem__": lambda x: filled(x, lambda y: y.__setitem__((slice(None), 0), 1.0)),
    "__iter__": None,  # over the batch
    "broadcast_to": lambda x: x[:, :1].broadcast_to(x.shape[0], 3, 8, 8),
    "repeat": lambda x: x.repeat(1, 2, 1, 1),
    "tile": lambda x: x.tile(1, 1, 2, 1),
    "repeat_interleave": lambda x: x.repeat_interleave(3, 1),
    "flip": lambda x: x.flip(1, 3),
    "fliplr": lambda x: x.fliplr(),
    "flipud": None,
    "roll": lambda x: x.roll((1, 2), (1, 2)),
    "rot90": lambda x: x.rot90(1, (2, 3)),
    "stack": lambda x: torch.stack([x, 2 * x], -1),
    "cat": lambda x: torch.cat([x, 2 * x, x], 2),
    "concat": lambda x: torch.concat([x, x], 1),
    "concatenate": lambda x: torch.concatenate([x, -x], axis=1),
    "hstack": lambda x: torch.hstack([x, -x]),
    "vstack": None,
    "dstack": lambda x: torch.dstack([x, -x]),
    "pad": lambda x: F.pad(x, (1, 2)),
    "constant_pad_nd": lambda x: torch.constant_pad_nd(x, (1, 2, 0, 1), 0.5),
    "pixel_shuffle": lambda x: F.pixel_shuffle(x, 2),
    "pixel_unshuffle": lambda x: F.pixel_unshuffle(x, 2),
    "channel_shuffle": lambda x: F.channel_shuffle(x, 2),
    "unfold": lambda x: F.unfold(x, 2),
    "diagonal": lambda x: x.diagonal(1, 2, 3),
    "tril": lambda x: x.tril(),
    "triu": lambda x: torch.triu(x, 1),
    "masked_fill": lambda x: x.masked_fill(MASK, -1.5),
    "where": lambda x: torch.where(MASK, x, 2 * x),
    "take_along_dim": lambda x: x.take_along_dim(torch.tensor([2, 0])[None, :, None, None], 1),
    "gather": lambda x: x.gather(1, torch.ones(len(x), 1, 8, 8, dtype=torch.int64)),
    "as_strided": None,  # through the memory of all samples
    "expand": lambda x: x[:, :, :1].expand(-1, -1, 5, -1),
    "expand_as": lambda x: x[:, :1].expand_as(x),
    "fill": None,  # nothing of the input is left
    "zero": None,
    "copy": lambda x: filled(x, lambda y: y.copy_(2 * x)),
}


@pytest.mark.parametrize("name", [name for name, call in EXAMPLES.items() if call])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_name_is_what_torch_says(name, monkeypatch):
    heard = set()
    call = Trace.call
    monkeypatch.setattr(Trace, "call", lambda self, func, *rest: (heard.add(func.__name__), call(self, func, *rest))[1])
    agrees(Forward(lambda self, x: EXAMPLES[name](x * 1.5), one=nn.Parameter(torch.ones(()))), (4, 8, 8))
    assert heard & {name, f"{name}_", "__get__"}, heard


def test_no_name_is_forgotten():
    assert set(EXAMPLES) == set(CALLS) | set(MOVES)
    assert not set(CALLS) & (set(MOVES) | set(UNCHANGED) | CONSTANTS | NUMBERS)
