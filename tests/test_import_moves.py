"""from_torch: calls that move entries, linear maps in torch's many forms, Python that computes with shapes."""

import numpy as np
import pytest
import torch
from test_counting import connected
from test_import_torch import MODELS, Call, Forward, agrees
from torch import nn
from torch.nn import functional as F

import snnref
from snnref.layers import Conv, Dense, Flatten, Gain, Gather, ReLU, Reshape
from snnref.network import counting
from snnref.network.canonical import canonical

torch.manual_seed(3)
WEIGHT = torch.randn(8, 8).double()


def shuffled(x):
    """The channel shuffle of ShuffleNet."""
    return x.view(x.size(0), 2, 2, 8, 8).transpose(1, 2).reshape(x.size(0), 4, 8, 8)


def written(x):
    x = x.clone()
    x[:, 1] = 0
    x[:, 0, 2:4] = x[:, 2, 4:6] * 2
    return x


def by_size(x):
    """`num_flat_features` of the old tutorial."""
    features = 1
    for n in x.size()[1:]:
        features *= n
    return x.view(-1, features)


def asserted(x):
    assert x.dim() == 4
    assert x.shape[1] == 4
    return x.flatten(1)


MOVES = {
    "a slice with strides": lambda x: x[:, :, ::2, 1::3],
    "one channel": lambda x: x[:, 0],
    "the last row": lambda x: x[:, :, -1:],
    "a list of channels": lambda x: x[:, [2, 0, 2]],
    "padding": lambda x: F.pad(x, (1, 2, 0, 1)),
    "padding with a constant": lambda x: F.pad(x, (1, 0, 2, 1), value=0.5),
    "negative padding": lambda x: F.pad(x, (-1, 2)),
    "padded channels": lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 1, 2)),  # ResNet's option A
    "reflection": lambda x: F.pad(x, (1, 2, 3, 1), mode="reflect"),
    "replication": lambda x: F.pad(x, (1, 1, 1, 1), mode="replicate"),
    "circular": lambda x: F.pad(x, (1, 1, 1, 1), mode="circular"),
    "chunk": lambda x: torch.cat(x.chunk(2, 1)[::-1], 1),
    "split": lambda x: torch.split(x, [1, 3], dim=1)[1],
    "unbind": lambda x: x.unbind(1)[2],
    "narrow": lambda x: x.narrow(2, 1, 5),
    "permute": lambda x: x.permute(0, 2, 3, 1),
    "transpose": lambda x: x.transpose(-1, 1),
    "shuffle": shuffled,
    "channel_shuffle": nn.ChannelShuffle(2),
    "repeat": lambda x: x.repeat(1, 2, 1, 3),
    "repeat_interleave": lambda x: x.repeat_interleave(2, dim=3),
    "stack": lambda x: torch.stack([x, -x], 2),
    "pixel shuffle": nn.PixelShuffle(2),
    "pixel unshuffle": nn.PixelUnshuffle(4),
    "along the width": lambda x: torch.cat([x, 2 * x], -1),
    "with a constant": lambda x: torch.cat([x, x.new_ones(len(x), 1, 8, 8)], 1),
    "flip": lambda x: x.flip((1, -1)),
    "roll": lambda x: x.roll(3, -1),
    "unfold": lambda x: F.unfold(x, 3, stride=2),
    "windows": lambda x: x.unfold(2, 4, 2),
    "triangle": lambda x: x.tril(),
    "mask": lambda x: x.masked_fill(torch.eye(8, dtype=torch.bool), 0.25),
    "squeeze": lambda x: x[:, :1].squeeze(),
    "expand": lambda x: x[:, :1].expand(-1, 3, -1, -1),
    "ellipsis": lambda x: x[..., None, 2],
    "written into": written,
    "nearest": nn.Upsample(scale_factor=2),
    "nearest, by size": lambda x: F.interpolate(x, (11, 5)),
}
LINEAR = {
    "bilinear": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"),
    "bilinear, corners": lambda x: F.interpolate(x, (5, 11), mode="bilinear", align_corners=True),
    "bicubic": lambda x: F.interpolate(x, scale_factor=(2, 3), mode="bicubic"),
    "linear, one axis": lambda x: F.interpolate(x.flatten(2), 100, mode="linear"),
    "x @ W": lambda x: x @ WEIGHT,
    "x @ v": lambda x: x @ WEIGHT[0],
    "W @ x": lambda x: WEIGHT[:5] @ x,
    "v @ x": lambda x: WEIGHT[0] @ x,
    "matmul": lambda x: torch.matmul(x.flatten(2).transpose(1, 2), WEIGHT[:4]),
    "einsum": lambda x: torch.einsum("bchw,wv->bchv", x, WEIGHT),
    "einsum, all but one": lambda x: torch.einsum("nchw,ch->nw", x, WEIGHT[:4]),
    "einsum, groups": lambda x: torch.einsum("nchw,chk->nckw", x, WEIGHT.reshape(4, 8, 2)),
    "linear on the last": nn.Linear(8, 6),
    "linear on the last of two": lambda x: F.linear(x.flatten(2), WEIGHT.reshape(1, 64), torch.ones(1).double()),
    "sum": lambda x: x.sum(dim=(2, 3)),
    "sum of channels": lambda x: x.sum(1, keepdim=True),
    "sum of all": lambda x: x.sum((1, 2, 3), keepdim=True),
    "mean of channels": lambda x: x.mean(1),
    "mean of rows": lambda x: x.mean(2, keepdim=True),
    "cumsum": lambda x: x.cumsum(-1),
    "transposed": nn.ConvTranspose2d(4, 3, 3, 2, 1, 1),
    "transposed, groups": nn.ConvTranspose2d(4, 6, (2, 3), (1, 3), (0, 1), groups=2, dilation=2),
    "transposed, cut": nn.ConvTranspose2d(4, 2, 2, 2, 1, bias=False),
    "transposed, one entry": nn.ConvTranspose2d(4, 2, 1),
    "transposed, one axis": nn.Sequential(nn.Flatten(2), nn.ConvTranspose1d(4, 2, 4, 2)),
    "padding mode": nn.Conv2d(4, 2, 3, padding=1, padding_mode="circular"),
    "reflecting": nn.Conv2d(4, 2, 3, padding=(2, 1), padding_mode="reflect"),
    "tracked": nn.InstanceNorm2d(4, track_running_stats=True, affine=True),
    "squared": lambda x: x**2 + x.square(),
    "reversed": lambda x: 1 - x + (2 + x) / 3,
}
SHAPES = {
    "loop": by_size,
    "assert": asserted,
    "branch": lambda x: x.flatten(1) if x.ndim > 2 else x,
    "len": lambda x: x.view(len(x), -1),
    "product": lambda x: x[:, : int(x.size(1) * 0.5)],
    "numel": lambda x: x.view(x.shape[0], x[0].numel()),
    "a module made in forward": lambda x: nn.AvgPool2d(x.shape[-1] // 2)(x),
    "chained": lambda x: torch.cat([x[:, i : i + 1] * (i + 1) for i in range(x.shape[1])], 1),
}
UNCHANGED = {
    "to": lambda x: x.to(torch.device("cpu"), torch.float32),
    "float": lambda x: x.float(),
    "type": lambda x: x.type(torch.float32),
    "detach": lambda x: x.detach().cpu().contiguous(),
    "requires_grad_": lambda x: x.requires_grad_(False),
    "device": lambda x: x + torch.ones(8, device=x.device, dtype=x.dtype),
    "new_zeros": lambda x: x + x.new_zeros(1),
    "zeros_like": lambda x: x + torch.zeros_like(x),
    "full_like": lambda x: x * torch.full_like(x, 2.0),
    "dropout": lambda x: F.dropout(x, p=0.0),
    "data": lambda x: x.data,
}


@pytest.mark.parametrize("how", (MOVES | LINEAR | SHAPES | UNCHANGED).values(), ids=MOVES | LINEAR | SHAPES | UNCHANGED)
@pytest.mark.parametrize("behind", [True, False], ids=["behind a ReLU", "behind a convolution"])
def test_imported_and_counted(how, behind):
    """Equal to torch, and what a spike reaches is what one-hots reach."""
    parts = {"conv": nn.Conv2d(2, 4, 3, padding=1)} | ({"how": how} if isinstance(how, nn.Module) else {})

    def forward(self, x):
        x = self.conv(x)
        y = how(F.relu(x) if behind else x)
        return F.relu(self.end(y.flatten(1)))

    sample = how.double()(torch.rand(3, 4, 8, 8).double()) if "how" in parts else how(torch.rand(3, 4, 8, 8).double())
    net = agrees(Forward(forward, end=nn.Linear(sample[0].numel(), 3), **parts), (2, 8, 8))
    nodes = canonical(net)
    for p, _ in counting.projections(nodes):
        shape = nodes[p.source].shape
        assert np.array_equal(p.fan_out(shape).ravel(), connected(p, shape).sum(axis=1)), p


@pytest.mark.parametrize("how", MOVES.values(), ids=MOVES)
def test_what_is_moved_is_no_synapse_more(how):
    """A dense layer behind it has as many synapses as places that hold an entry, and no more neurons."""
    parts = {"how": how} if isinstance(how, nn.Module) else {}
    net = agrees(Forward(lambda self, x: F.relu(how(F.relu(x))), one=nn.Identity(), **parts), (4, 8, 8))
    kinds = {type(layer) for layer, _ in net.layers.values()}
    assert not kinds & {Conv, Dense}
    first = torch.arange(1.0, 257).reshape(1, 4, 8, 8).repeat(2, 1, 1, 1)
    assert counting.neurons(canonical(net)) <= 256 + how(first)[0].numel()


def chain(*parts, shape=(2, 9, 9)):
    return agrees(nn.Sequential(*parts), shape)


CROPS = {
    "padding before": ([Call(lambda x: F.pad(x, (1, 2, 0, 3))), nn.Conv2d(2, 3, 3)], ((0, 3), (1, 2)), (1, 1)),
    "padding twice": ([nn.ZeroPad2d(1), nn.Conv2d(2, 3, 3, 2, padding=1)], ((2, 2), (2, 2)), (2, 2)),
    "a chomp behind": ([nn.Conv2d(2, 3, 3, padding=2), Call(lambda x: x[:, :, :-2, :-2])], ((2, 0), (2, 0)), (1, 1)),
    "a crop behind": ([nn.Conv2d(2, 3, 3, padding=2), Call(lambda x: x[..., 1:-1, 2:])], ((1, 1), (0, 2)), (1, 1)),
    "a stride behind": ([nn.Conv2d(2, 3, 3, padding=1), Call(lambda x: x[..., ::2, ::3])], ((1, 1), (1, -1)), (2, 3)),
    "a stride before": ([Call(lambda x: x[..., ::2, ::3]), nn.Conv2d(2, 3, 1)], ((0, 0), (0, 0)), (2, 3)),
}


@pytest.mark.parametrize("name", CROPS)
def test_a_convolution_absorbs_what_crops_and_pads(name):
    parts, padding, stride = CROPS[name]
    (conv,) = (layer for layer, _ in chain(*parts).layers.values())
    assert tuple(axis.stride for axis in conv.window.axes) == stride
    for axis, (before, after) in zip(conv.window.axes, padding, strict=True):
        assert axis.before == before
        assert after in (-1, axis.after)


@pytest.mark.parametrize(
    "parts",
    [
        [Call(lambda x: x[..., 1::2, ::2]), nn.Conv2d(2, 3, 1)],  # the first row is not read
        [Call(lambda x: x[..., ::2, ::2]), nn.Conv2d(2, 3, 2)],
        [Call(lambda x: x[..., 1:, :]), nn.Conv2d(2, 3, 3)],
        [Call(lambda x: F.pad(x, (1, 1), value=1.0)), nn.Conv2d(2, 3, 3)],
        [Call(lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect")), nn.Conv2d(2, 3, 3)],
        [nn.Conv2d(2, 3, 3), Call(lambda x: F.pad(x, (1, 1)))],
        [nn.Conv2d(2, 4, 3), Call(lambda x: x.flip(1)), nn.Conv2d(4, 3, 3)],
    ],
)
def test_what_a_convolution_cannot_absorb_stays(parts):
    kinds = [type(layer) for layer, _ in chain(*parts).layers.values()]
    assert kinds.count(Gather) == 1


def test_a_convolution_that_others_read_keeps_its_border():
    def forward(self, x):
        y = self.conv(x)
        return torch.cat([y[:, :, 1:].flatten(1), y.flatten(1)], 1)

    net = agrees(Forward(forward, conv=nn.Conv2d(2, 3, 3, padding=1)), (2, 5, 5))
    assert any(isinstance(layer, Gather) for layer, _ in net.layers.values())


def test_moves_in_a_row_are_one():
    net = agrees(Forward(lambda self, x: F.relu(shuffled(x).flip(1)).permute(0, 2, 3, 1).flatten(1)), (4, 8, 8))
    assert [type(layer) for layer, _ in net.layers.values()] == [Gather, ReLU, Gather]
    back = Forward(lambda self, x: F.relu(x.transpose(1, 2)).transpose(1, 2).view(-1, 16, 4).flip(1).flip(1))
    assert [type(layer) for layer, _ in agrees(back, (4, 4, 4)).layers.values()] == [Gather, ReLU, Gather]
    shapes = Forward(lambda self, x: F.relu(x).flip(1).flip(1).view(-1, 8, 8))
    assert [type(layer) for layer, _ in agrees(shapes, (4, 4, 4)).layers.values()] == [ReLU, Reshape]


def test_layers_are_named_after_modules_and_functions():
    class Own(nn.Module):
        def forward(self, x):
            return torch.clamp(x, min=0) * 2

    parts = {"conv": nn.Conv2d(2, 4, 3), "act": Own(), "conv2": nn.Conv2d(4, 4, 1)}
    net = agrees(
        Forward(lambda self, x: F.relu(self.conv2(self.act(self.conv(x)))).flip(1).flatten(1), **parts), (2, 5, 5)
    )
    assert list(net.layers) == ["conv", "act", "act_1", "conv2", "relu", "flatten"]
    assert [type(layer) for layer, _ in net.layers.values()] == [Conv, ReLU, Gain, Conv, ReLU, Gather]


@pytest.mark.parametrize("wrap", [nn.DataParallel, torch.compile])
def test_wrappers_are_looked_through(wrap):
    """As in PyTorch's ImageNet example: `model.features = DataParallel(model.features)`."""
    inner = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    expected = agrees(nn.Sequential(inner, nn.Linear(4, 2)), (4,))
    for module in (nn.Sequential(wrap(inner), nn.Linear(4, 2)), wrap(nn.Sequential(wrap(inner), nn.Linear(4, 2)))):
        module.eval()
        net, part = snnref.from_torch(module, (4,)), getattr(module, "_orig_mod", getattr(module, "module", module))
        assert list(net.layers) == list(expected.layers)
        x = torch.randn(5, 4)
        with torch.no_grad():
            assert torch.allclose(net(x), part[1].float()(inner.float()(x)), atol=1e-6)


@pytest.mark.parametrize("make", [MODELS["resnet"], MODELS["classic"], MODELS["squeeze_and_excite"]])
def test_large_networks_are_probed_by_few_samples(make, monkeypatch):
    """Three of different size in one batch; a module that drops axes of one must not meet a single sample."""
    monkeypatch.setattr("snnref.importers.torch.LARGE", 0)
    agrees(make())
    agrees(nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Unflatten(1, (4, 1)), Call(lambda x: x.squeeze())), (8,))
    with pytest.raises(ValueError, match="differs from the module"):
        snnref.from_torch(Forward(lambda self, x: x + torch.rand(4)).eval(), (4,))


def test_one_output_without_an_axis():
    """Regression and binary classification: `(batch,)`."""
    net = agrees(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1), nn.Flatten(0)), (8,))
    assert net.shapes[net.output] == ()
    agrees(Forward(lambda self, x: self.fc(x).squeeze(1), fc=nn.Linear(8, 1)), (8,))
    agrees(Forward(lambda self, x: F.relu(x).sum(1)), (8,))
    assert isinstance(net.layers["3"][0], Flatten | Reshape)
