"""Networks by name: `architectures`, how they are trained (`recipes`, `training`), and those that ship (`shipped`)."""

from .recipes import RECIPES, Recipe, known
from .shipped import card, load

__all__ = ["RECIPES", "Recipe", "card", "known", "load"]
