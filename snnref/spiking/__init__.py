"""What all methods share: how spikes flow through a converted network, what comes out, and what it costs.

Read `trains` (what flows), `walk` (how), `snn` (a converted network), `run` (what it answers), then `operations` and
`energy` (what it costs), `calibration` (how scales are chosen), `delay_lines`, and `contributions`.
"""
