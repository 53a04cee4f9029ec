"""The command line, as a user runs it."""

import json
import os
import pty
import subprocess
import sys

import pytest

import snnref

COMMAND = [sys.executable, "-c", "from snnref.cli import main; main()"]


def run(*arguments, **options):
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=300, **options)


def test_evaluate_as_json():
    done = run("evaluate", "digits-cnn", "--method", "rate", "--steps", "30", "--images", "50", "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert done.stderr == ""  # no progress bar when piped
    assert set(report) >= {
        *("network", "method", "settings", "images", "ann_accuracy", "accuracy", "spikes_per_neuron"),
        *("operations", "latency", "seconds"),
    }
    assert (report["network"], report["method"], report["images"]) == ("digits-cnn", "rate", 50)
    assert report["settings"]["steps"] == report["latency"] == 30
    net = snnref.load("digits-cnn")
    x, labels = snnref.data.load()
    snn = snnref.rate.convert(net, snnref.data.load(split="train")[0])
    result = snn.run(x[:50], steps=30)
    assert report["accuracy"] == result.accuracy(labels[:50])
    assert report["operations"] == pytest.approx(result.operations.total.mean())
    assert report["spikes_per_neuron"] == pytest.approx(result.spikes_per_neuron)


def test_evaluate_as_table():
    done = run("evaluate", "digits-cnn", "--steps", "5", "--reset", "zero", "--images", "10")
    assert done.returncode == 0
    assert "accuracy" in done.stdout
    assert done.stderr == ""


def test_progress_bar_on_a_terminal():
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [*COMMAND, "evaluate", "digits-cnn", "--steps", "20"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 4096):
            shown += block
    except OSError:  # how a pseudo-terminal ends on Linux
        pass
    child.wait(timeout=120)
    assert "━".encode() in shown


def test_train_writes_network_and_card(tmp_path):
    done = run("train", "digits-cnn", "--epochs", "1", "--seed", "5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(tmp_path)) == ["digits-cnn.json", "digits-cnn.npz"]
    assert json.loads((tmp_path / "digits-cnn.json").read_text())["seed"] == 5
    assert "held-out" in done.stdout
    report = run("evaluate", "digits-cnn", "--file", "digits-cnn.npz", "--steps", "3", "--json", cwd=tmp_path)
    card = json.loads((tmp_path / "digits-cnn.json").read_text())
    assert json.loads(report.stdout)["ann_accuracy"] == pytest.approx(card["test_accuracy"], abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "lenet"], "digits-cnn"),
        (["evaluate", "digits-cnn", "--method", "poisson"], "rate"),
        (["evaluate", "digits-cnn", "--steps", "0"], "--steps"),
        (["evaluate", "digits-cnn", "--percentile", "0"], "--percentile"),
        (["train", "digits-cnn", "--output", "no/such/folder/net.npz"], "--output"),
        (["train", "digits-cnn", "--output", "net.json"], "NAME.npz"),
        (["train", "digits-cnn", "--output", "."], "NAME.npz"),
        (["fly"], "fly"),
    ],
)
def test_wrong_usage_is_2(arguments, message):
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_failure_is_1():
    code = "import snnref.data as d; d.SHIPPED = d.Path('nowhere'); from snnref.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "evaluate", "digits-cnn"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("snnref: ")


def test_help_and_version():
    assert "evaluate" in run("--help").stdout
    assert run("--version").stdout.strip() == snnref.__version__
