"""torch, or an error that says how to install it."""

try:
    import torch
    from torch.nn import functional
except ImportError as error:
    raise ImportError("training needs the extra 'torch': pip install '.[torch]' in snnref's source") from error

__all__ = ["functional", "torch"]
