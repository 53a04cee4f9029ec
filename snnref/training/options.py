"""How a network is trained: the numbers, apart from the loop that follows them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..arrays import Array, like


@dataclass(frozen=True)
class Augmentation:
    """How much an image may be changed each time it is shown: the largest change, drawn evenly for every image."""

    turn: float = 0.0  # radians
    shear: float = 0.0
    stretch: float = 0.0  # share of the size
    shift: float = 0.0  # share of half the width
    dim: float = 0.0  # share of the brightness
    noise: float = 0.0  # standard deviation, of pixels in [0, 1]
    mirror: bool = False  # left and right


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """AdamW on a one-cycle schedule, on images that are changed a little each time."""

    epochs: int
    batch: int = 64
    learning_rate: float = 2e-2  # the peak of the schedule
    weight_decay: float = 1e-2
    label_smoothing: float = 0.05
    dropout: dict[str, float] = field(default_factory=dict)  # after a layer: share of its outputs
    augmentation: Augmentation = Augmentation()
    binary: str = ""  # "connect": trained with binary weights, full-precision ones saved; "net": binary ones saved
    cutoff: float | None = None  # pixels above it are shown as 1, the others as 0: the network sees 1-bit images

    def preprocess(self, images: Array) -> Array:
        """The images as the network is trained to see them."""
        return images if self.cutoff is None else like(images > self.cutoff, images)
