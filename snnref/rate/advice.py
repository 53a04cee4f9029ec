"""What to do about each cause of error that `diagnose` tells apart."""

ADVICE = {
    "clipping": "activations above the scale are cut off: convert with a higher percentile",
    "silence": "weak activations do not fire in that time: give more steps, a lower percentile, or initial=0.5",
    "quantisation": "rates are multiples of one spike in the time: give more steps (twice as many halve it)",
    "transient": "neurons fire before the layers below have settled: give more steps, or hold them with clamp=5",
    "inherited": "what comes in is wrong already: mend the populations before it",
}
