"""How an ordinary network is trained, in torch (extra `torch`): `options` (the numbers), `trainer` (the loop)."""
