# A neuron of your own against the package's
import snnref


def neuron(z, v, threshold=1.0, reset="subtract"):
    """A spike (0 or 1) and the new potential, after the current z has come in."""
    v = v + z
    spike = 1 if v > threshold else 0  # is that right?
    v = v * (1 - spike) if reset == "zero" else v - threshold * spike
    return spike, v


snnref.check.neuron("rate", neuron)
