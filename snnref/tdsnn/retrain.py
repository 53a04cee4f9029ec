"""Network adjustment and retraining (Fig. 2, Zhang et al. 2019): the conversion then loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import check_input, to_numpy
from ..graph import Graph
from ..recipe import Training
from .adjust import adjust, adjustment

GENTLE = Training(epochs=5, batch=128, learning_rate=1e-3, weight_decay=0.0, label_smoothing=0.0)


def retrain(
    net: Graph,
    data: tuple[Any, Any],
    *,
    leak: float = 5.0,
    unit: float = 1.0,
    how: Training = GENTLE,
    seed: int = 0,
    progress: Callable[[int, int, float], None] | None = None,
    checkpoint: Path | str | None = None,
) -> Any:
    """Put G(x) before every layer with synapses, and train on; convert the result with `offset="retrained"`.

    net : a trained network with ReLUs; or an adjusted one, which is trained further (with its own leak and unit)
    data : images `(samples, *input_shape)` of float32 and labels `(samples,)`
    leak : L, which the conversion then has too
    unit : the pixel value that is encoded as 1, a power of two. The paper is silent about it; the smaller, the more
        steps an image takes, and the more grey levels are told apart
    how : epochs, learning rate and so on; with "augmentation" for images that are changed a little each time. An own
        `snnref.recipe.Training`, or a recipe of the zoo with fewer epochs
    progress : called after every epoch with its number, the number of all, and the mean loss
    checkpoint : a file that is renewed after every epoch; if it is there at the start, training goes on from it and
        ends as if it had never stopped. It stays: remove it once the network is safe

    The gradient of ⌈·⌉ goes straight through, as if G(x) were max(0, x) + 1. The same seed, versions and machine give
    the same weights. Needs the extra `torch`. Raises ValueError or TypeError for data, leaks and networks that do not
    fit, and for a checkpoint of another training.
    """
    from ..fitting import Fit  # torch only where it is asked for

    if not isinstance(net, Graph):
        raise TypeError(f"net: got {type(net).__name__}, expected a Network; import a torch module with from_torch")
    images, labels = map(to_numpy, data)
    check_input(images, net.input_shape, what="data")
    images = images.astype(np.float32)
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"data: got labels {labels.shape} of {labels.dtype} for {len(images)} images, expected a whole number each"
        )
    if how.epochs < 1 or len(images) < how.batch:
        raise ValueError(
            f"how, data: got {how.epochs} epochs and batches of {how.batch} for {len(images)} images, expected "
            "an epoch at least, and enough images for a batch"
        )
    given = adjustment(net)
    if given not in (None, (leak, unit)):
        raise ValueError(f"leak, unit: got {leak:g}, {unit:g} for a network adjusted to {given}; expected the same")
    adjusted = adjust(net, leak=leak, unit=unit) if given is None else net
    what = {"retraining": repr(net), "leak": leak, "unit": unit, "seed": seed}
    fit = Fit(adjusted, how, what=what, rng=np.random.default_rng(seed), samples=len(images))
    path = Path(checkpoint) if checkpoint else None
    return fit.run(images, labels.astype(np.int64), progress=progress, checkpoint=path)
