"""Understanding a converted network: how well it does, what it costs, why it errs, why a neuron fired.

Read `evaluation`, `comparison` (the methods side by side), `diagnosis`, `explanation`, and `check` (a neuron of your
own against the package's).
"""
