"""Small versions of architectures of the field, as users write them: their constructs, not their size."""

import torch
from torch import nn
from torch.nn import functional as F


class Call(nn.Module):
    """A module of one function."""

    def __init__(self, call):
        super().__init__()
        self.call = (call,)

    def forward(self, *x):
        return self.call[0](*x)


def conv_bn(channels, out, size=3, act=nn.ReLU, **options):
    options.setdefault("padding", "same" if isinstance(size, tuple) else size // 2)
    return nn.Sequential(nn.Conv2d(channels, out, size, bias=False, **options), nn.BatchNorm2d(out), act())


class PaddedSkip(nn.Module):
    """A block of ResNet for CIFAR whose skip is a slice with strides and padded channels (option A)."""

    def __init__(self, channels, out, stride):
        super().__init__()
        self.first, self.out, self.stride = conv_bn(channels, out, stride=stride), out - channels, stride
        self.second = nn.Sequential(nn.Conv2d(out, out, 3, padding=1, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        skip = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.out // 2, self.out - self.out // 2))
        return F.relu(self.second(self.first(x)) + skip)


class ConvolvedSkip(PaddedSkip):
    """The same with a convolution in the skip."""

    def __init__(self, channels, out, stride):
        super().__init__(channels, out, stride)
        self.skip = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        return F.relu(self.second(self.first(x)) + self.skip(x))


def resnet(block):
    body = [conv_bn(1, 6), block(6, 6, 1), block(6, 10, 2), block(10, 14, 2)]
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(14, 5)), (1, 12, 12)


class ShuffleUnit(nn.Module):
    """ShuffleNetV2: half of the channels passes by, then channels are shuffled."""

    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.branch = nn.Sequential(
            conv_bn(half, half, 1),
            nn.Conv2d(half, half, 3, padding=1, groups=half, bias=False),
            nn.BatchNorm2d(half),
            conv_bn(half, half, 1),
        )

    def forward(self, x):
        left, right = x.chunk(2, dim=1)
        x = torch.cat([left, self.branch(right)], 1)
        batch, channels, high, wide = x.size()
        return x.view(batch, 2, channels // 2, high, wide).transpose(1, 2).contiguous().view(batch, -1, high, wide)


def shufflenet():
    body = [conv_bn(1, 8, stride=2), nn.MaxPool2d(3, 2, 1), ShuffleUnit(8), ShuffleUnit(8), conv_bn(8, 12, 1)]
    return nn.Sequential(*body, Call(lambda x: x.mean([2, 3])), nn.Linear(12, 5)), (1, 12, 12)


class DenseLayer(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm, self.conv = nn.BatchNorm2d(channels), nn.Conv2d(channels, 4, 3, padding=1, bias=False)

    def forward(self, x):
        return torch.cat([x, self.conv(F.relu(self.norm(x)))], 1)


def densenet():
    block = [DenseLayer(6), DenseLayer(10), DenseLayer(14)]
    change = [nn.BatchNorm2d(18), nn.ReLU(), nn.Conv2d(18, 8, 1), nn.AvgPool2d(2)]
    end = [nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)]
    return nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), *block, *change, *end), (1, 10, 10)


class UNet(nn.Module):
    """Segmentation: downwards, up again by a transposed convolution, with what was cropped beside it."""

    def __init__(self, *, interpolate):
        super().__init__()
        self.down1, self.down2 = conv_bn(1, 6), conv_bn(6, 8)
        self.up = nn.Upsample(scale_factor=2) if interpolate else nn.ConvTranspose2d(8, 8, 2, 2)
        self.after, self.out = conv_bn(14, 6), nn.Conv2d(6, 2, 1)

    def forward(self, x):
        first = self.down1(x)
        x = self.up(self.down2(F.max_pool2d(first, 2)))
        high, wide = first.shape[2] - x.shape[2], first.shape[3] - x.shape[3]
        x = F.pad(x, (wide // 2, wide - wide // 2, high // 2, high - high // 2))
        return self.out(self.after(torch.cat([first, x], dim=1)))


class Temporal(nn.Module):
    """A block of a temporal convolutional network: causal by padding and cutting off."""

    def __init__(self, channels, out, dilation):
        super().__init__()
        self.conv = nn.Conv1d(channels, out, 3, padding=2 * dilation, dilation=dilation)
        self.cut, self.skip = 2 * dilation, nn.Conv1d(channels, out, 1)

    def forward(self, x):
        return F.relu(F.relu(self.conv(x)[:, :, : -self.cut].contiguous()) + self.skip(x))


def tcn():
    return nn.Sequential(Temporal(2, 6, 1), Temporal(6, 6, 2), Call(lambda x: x[:, :, -1]), nn.Linear(6, 4)), (2, 20)


def m5():
    """Raw audio."""
    body = [
        nn.Conv1d(1, 6, 16, 4),
        nn.BatchNorm1d(6),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(6, 8, 3),
        nn.BatchNorm1d(8),
    ]
    end = [Call(lambda x: F.avg_pool1d(x, x.shape[-1]).permute(0, 2, 1)), nn.Linear(8, 4), Call(lambda x: x.squeeze())]
    return nn.Sequential(*body, nn.ReLU(), *end, nn.LogSoftmax(1)), (1, 80)


def depthwise():
    """Keyword spotting with depthwise separable convolutions (DS-CNN)."""
    block = [
        nn.Conv2d(6, 6, 3, padding=1, groups=6),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 8, 1),
        nn.BatchNorm2d(8),
    ]
    start = [nn.ZeroPad2d((1, 1, 2, 2)), nn.Conv2d(1, 6, (5, 3), (2, 1)), nn.BatchNorm2d(6), nn.ReLU()]
    return nn.Sequential(*start, *block, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)), (1, 12, 8)


class PointNet(nn.Module):
    """Points, each through the same layers, then the maximum over all."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv1d(3, 8, 1), nn.BatchNorm1d(8)
        self.conv2, self.fc = nn.Conv1d(8, 12, 1), nn.Linear(12, 4)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x.transpose(2, 1))))
        x = torch.max(F.relu(self.conv2(x)), 2, keepdim=True)[0]
        return self.fc(x.view(-1, 12))


def autoencoder():
    encoder = [nn.Conv2d(1, 6, 3, 2, 1), nn.ReLU(True), nn.Conv2d(6, 8, 3, 2, 1), nn.ReLU(True)]
    decoder = [nn.ConvTranspose2d(8, 6, 3, 2, 1, 1), nn.ReLU(True), nn.ConvTranspose2d(6, 1, 3, 2, 1, 1), nn.Sigmoid()]
    return nn.Sequential(nn.Sequential(*encoder), nn.Sequential(*decoder)), (1, 12, 12)


class Inverted(nn.Module):
    """MobileNetV2: expand, filter, project; ReLU6, and a sum without one."""

    def __init__(self, channels):
        super().__init__()
        wide = 3 * channels
        depthwise = nn.Sequential(nn.Conv2d(wide, wide, 3, padding=1, groups=wide, bias=False), nn.BatchNorm2d(wide))
        project = nn.Sequential(nn.Conv2d(wide, channels, 1, bias=False), nn.BatchNorm2d(channels))
        self.conv = nn.Sequential(conv_bn(channels, wide, 1, nn.ReLU6), depthwise, nn.ReLU6(), project)

    def forward(self, x):
        return x + self.conv(x)


def mobilenet():
    body = [conv_bn(1, 6, act=nn.ReLU6, stride=2), Inverted(6), Inverted(6), conv_bn(6, 12, 1, nn.ReLU6)]
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 5)), (1, 12, 12)


def eegnet():
    """Time by electrodes, with ReLU for ELU."""
    body = [nn.Conv2d(1, 4, (1, 7), padding="same", bias=False), nn.BatchNorm2d(4)]
    body += [
        nn.Conv2d(4, 8, (6, 1), groups=4, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AvgPool2d((1, 4)),
        nn.Dropout(),
    ]
    body += [
        nn.Conv2d(8, 8, (1, 3), padding="same", groups=8, bias=False),
        nn.Conv2d(8, 8, 1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
    ]
    return nn.Sequential(*body, nn.AvgPool2d((1, 2)), nn.Flatten(), nn.Linear(32, 4)), (1, 6, 32)


class Yolo(nn.Module):
    """The stem of a small detector: a focus layer, leaky units, two scales that are joined."""

    def __init__(self):
        super().__init__()
        act = lambda: nn.LeakyReLU(0.125)  # noqa: E731
        self.focus, self.down = conv_bn(4, 6, act=act), conv_bn(6, 8, act=act, stride=2)
        self.up, self.head = nn.Upsample(scale_factor=2), nn.Conv2d(14, 6, 1)

    def forward(self, x):
        x = torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)
        x = self.focus(x)
        x = self.head(torch.cat([x, self.up(self.down(x))], 1))
        return x.view(x.shape[0], 2, 3, x.shape[2], x.shape[3]).permute(0, 1, 3, 4, 2).contiguous()


class InceptionBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.three = conv_bn(6, 4, 1), nn.Sequential(conv_bn(6, 4, 1), conv_bn(4, 4, (1, 3)))
        self.pool = nn.Sequential(nn.AvgPool2d(3, 1, 1), conv_bn(6, 4, 1))

    def forward(self, x):
        return torch.cat([self.one(x), self.three(x), self.pool(x), F.max_pool2d(x, 3, 1, 1)], 1)


def inception():
    body = [conv_bn(1, 6, stride=2), InceptionBlock(), nn.MaxPool2d(2), nn.Conv2d(18, 8, 1), nn.ReLU()]
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)), (1, 12, 12)


class Dueling(nn.Module):
    """A value and advantages that have no mean (deep Q-learning)."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 12), nn.ReLU())
        self.value, self.advantage = nn.Linear(12, 1), nn.Linear(12, 3)

    def forward(self, x):
        x = self.body(x)
        advantage = self.advantage(x)
        return self.value(x) + advantage - advantage.mean(dim=1, keepdim=True)


class Graph(nn.Module):
    """Graph convolution with a constant adjacency."""

    def __init__(self):
        super().__init__()
        adjacency = torch.rand(6, 6) * (torch.rand(6, 6) > 0.5) + torch.eye(6)
        self.register_buffer("adjacency", adjacency / adjacency.sum(1, keepdim=True))
        self.first, self.second = nn.Linear(3, 8), nn.Linear(8, 4)

    def forward(self, x):
        x = F.relu(self.first(self.adjacency @ x))
        return self.second(self.adjacency @ x).mean(dim=1)


class Mixer(nn.Module):
    """Tokens mixed by a matrix along one axis, channels along the other, without normalisation."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(1, 8, 3, 3)
        self.tokens, self.channels, self.out = nn.Linear(16, 16), nn.Linear(8, 8), nn.Linear(8, 4)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = x + F.relu(self.tokens(x.transpose(1, 2))).transpose(1, 2)
        x = x + F.relu(self.channels(x))
        return self.out(x.mean(dim=1))


class SuperResolution(nn.Module):
    """ESPCN: a pixel shuffle at the end."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 5, padding=2), nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, x):
        return F.pixel_shuffle(self.conv2(F.relu(self.conv1(x))), 2)


def lenet():
    body = [nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*body, nn.Flatten(), nn.Linear(8, 12), nn.PReLU(), nn.Linear(12, 5)), (1, 12, 12)


def vgg():
    body = [conv_bn(1, 6), conv_bn(6, 6), nn.MaxPool2d(2), conv_bn(6, 8), nn.MaxPool2d(2)]
    return nn.Sequential(*body, Call(lambda x: x.view(x.size(0), -1)), nn.Linear(72, 5)), (1, 12, 12)


def video():
    body = [
        nn.Conv3d(1, 4, 3, padding=1),
        nn.BatchNorm3d(4),
        nn.ReLU(),
        nn.MaxPool3d((1, 2, 2)),
        nn.Conv3d(4, 6, (3, 1, 1)),
    ]
    return nn.Sequential(*body, nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(6, 4)), (1, 5, 6, 6)


ARCHITECTURES = {
    "LeNet with PReLU": lenet,
    "VGG with batch normalisation": vgg,
    "ResNet, option A": lambda: resnet(PaddedSkip),
    "ResNet, option B": lambda: resnet(ConvolvedSkip),
    "ShuffleNetV2": shufflenet,
    "DenseNet": densenet,
    "Inception": inception,
    "MobileNetV2, ReLU6": mobilenet,
    "DS-CNN": depthwise,
    "U-Net, transposed": lambda: (UNet(interpolate=False), (1, 10, 10)),
    "U-Net, interpolated": lambda: (UNet(interpolate=True), (1, 10, 10)),
    "autoencoder": autoencoder,
    "super-resolution": lambda: (SuperResolution(), (1, 6, 6)),
    "YOLO stem, leaky": lambda: (Yolo(), (1, 8, 8)),
    "TCN": tcn,
    "M5": m5,
    "EEGNet with ReLU": eegnet,
    "PointNet": lambda: (PointNet(), (10, 3)),
    "dueling DQN": lambda: (Dueling(), (4,)),
    "graph convolution": lambda: (Graph(), (6, 3)),
    "mixer": lambda: (Mixer(), (1, 12, 12)),
    "video": video,
}


def made(name):
    """The module in eval mode, with the statistics of batch normalisation as after a training; and its input shape."""
    torch.manual_seed(0)
    module, shape = ARCHITECTURES[name]()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            part.running_mean.normal_(0, 0.2)
            part.running_var.uniform_(0.2, 1)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0.2, 0.2)
    return module.eval(), shape
