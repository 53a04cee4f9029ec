"""The command line, as a user runs it."""

import contextlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from unittest.mock import patch

import pytest

import snnref
from snnref.cli import main
from snnref.methods import METHODS

COMMAND = [sys.executable, "-c", "from snnref.cli import main; main()"]


def run(*arguments, cwd=".", env=None):
    """`snnref ARGUMENTS`, piped, in this process: a fresh Python takes seconds to import what it needs."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    with (
        contextlib.chdir(cwd),
        patch.dict(os.environ, env or {}),
        patch.object(sys, "argv", ["snnref", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


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
    again = run("train", "digits-cnn", "--epochs", "1", cwd=tmp_path)
    assert again.returncode == 2
    assert "digits-cnn.npz is there already" in " ".join(again.stderr.replace("│", " ").split())
    foreign = run("evaluate", "mnist-lenet", "--file", "digits-cnn.npz", cwd=tmp_path)
    assert foreign.returncode == 2
    assert "is for inputs (1, 8, 8)" in " ".join(foreign.stderr.replace("│", " ").split())
    report = run("evaluate", "digits-cnn", "--file", "digits-cnn.npz", "--steps", "3", "--json", cwd=tmp_path)
    card = json.loads((tmp_path / "digits-cnn.json").read_text())
    assert json.loads(report.stdout)["ann_accuracy"] == pytest.approx(card["test_accuracy"], abs=1e-6)


@pytest.mark.slow
def test_train_stopped_goes_on(tmp_path):
    """Ctrl+C keeps the checkpoint; the same command ends where the uninterrupted one does."""
    options = ["digits-cnn", "--epochs", "25", "--output"]
    child = subprocess.Popen(
        [*COMMAND, "train", *options, "net.npz"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # whoever runs the tests may ignore it
    )
    while not (tmp_path / "net.checkpoint").exists():
        assert child.poll() is None
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, shown = child.communicate(timeout=120)
    assert child.returncode == 130
    assert "the same command goes on from net.checkpoint" in shown
    assert os.listdir(tmp_path) == ["net.checkpoint"]
    done = run("train", *options, "net.npz", cwd=tmp_path)
    assert "going on from net.checkpoint" in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["net.json", "net.npz"]
    run("train", *options, "whole.npz", cwd=tmp_path)
    assert (tmp_path / "net.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()
    net, whole = (json.loads((tmp_path / f"{k}.json").read_text()) for k in ("net", "whole"))
    assert {**net, "date": ""} == {**whole, "date": ""}


def test_info_lists_the_networks():
    done = run("info")
    assert all(name in done.stdout for name in snnref.zoo.RECIPES)
    assert [card["name"] for card in json.loads(run("info", "--json").stdout)] == list(snnref.zoo.RECIPES)


def test_info_of_a_network_and_of_a_file(tmp_path):
    done = run("info", "mnist-lenet", "--picture", tmp_path / "net.svg")
    assert "1,160,200" in done.stdout
    assert "snnref train mnist-lenet" in done.stdout
    assert (tmp_path / "net.svg").read_text().startswith("<?xml")
    file = snnref.load("digits-cnn").save(tmp_path / "mine.npz")
    report = json.loads(run("info", file, "--json").stdout)
    assert report["card"] is None
    assert report["total"]["neurons"] == 1600


def test_data_list_and_verify(tmp_path):
    env = {**os.environ, "SNNREF_DATA": str(tmp_path)}
    listed = json.loads(run("data", "list", "--json", env=env).stdout)
    assert listed["digits"]["here"] == ["train", "test"]
    assert listed["mnist"]["here"] == []
    assert listed["mnist"]["folder"] == str(tmp_path / "mnist")
    table = run("data", "list", env=env).stdout
    assert all(name in table for name in snnref.data.DATASETS)
    assert str(tmp_path / "mnist") in table
    assert run("data", "verify", env=env).returncode == 0  # nothing here is damaged
    assert run("data", "verify", "mnist", env=env).returncode == 1
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz").write_bytes(b"half of it")
    done = run("data", "verify", env=env)
    assert "mnist/t10k-labels-idx1-ubyte.gz: damaged" in done.stdout
    assert done.returncode == 1
    assert "snnref data fetch NAME" in done.stderr


def test_data_fetch_of_what_is_here():
    done = run("data", "fetch", "digits")
    assert done.stdout.startswith("digits: 1 files in ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["info", "no-such-net"], "expected a file that Network.save wrote"),
        (["info", "--picture", "net.svg"], "--picture"),
        (["info", "digits-cnn", "--picture", "net.txt"], "--picture"),
        (["data", "fetch", "letters"], "digits"),
        (["evaluate", "digits-cnn", "--encoding", "morse"], "regular"),
        (["evaluate", "digits-cnn", "--pooling", "median"], "exponential"),
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
    code = "import snnref.data.loading as d; d.SHIPPED = d.Path('nowhere'); from snnref.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "evaluate", "digits-cnn"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("snnref: ")


def test_help_and_version():
    assert "evaluate" in run("--help").stdout
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, snnref.__version__)


def test_evaluate_with_any_setting():
    done = run("evaluate", "digits-cnn", "--steps", "8", "--set", "initial=0.5", "--set", "output=spikes", "--json")
    report = json.loads(done.stdout)
    assert report["settings"]["initial"] == 0.5
    net, (x, labels) = snnref.load("digits-cnn"), snnref.data.load()
    snn = snnref.rate.convert(net, snnref.data.load(split="train")[0], initial=0.5, output="spikes")
    assert report["accuracy"] == snn.run(x, steps=8).accuracy(labels)
    assert "unknown setting 'tempo'" in run("evaluate", "digits-cnn", "--set", "tempo=3").stderr
    wrong = run("evaluate", "digits-cnn", "--set", "tempo")
    assert wrong.returncode == 2
    assert "expected KEY=VALUE" in wrong.stderr


def test_reproduce_writes_a_result_file(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from snnref.cli import app
    from snnref.reproduce import Experiment, read, rueckauer2017

    monkeypatch.setattr(rueckauer2017, "EXPERIMENTS", [Experiment("curves", "digits-cnn", "rate", {"steps": 3})])
    path = tmp_path / "r.json"
    done = CliRunner().invoke(app, ["reproduce", "rueckauer2017", "--output", str(path), "--images", "20"])
    assert done.exit_code == 0, done.output
    assert "1 experiments" in done.output
    assert read(path)["experiments"][0]["points"][0]["images"] == 20
    again = CliRunner().invoke(app, ["reproduce", "rueckauer2017", "--output", str(path)])
    assert again.exit_code == 2
    assert "--force" in again.output
    for output in ("r.txt", "nowhere/r.json"):
        refused = CliRunner().invoke(app, ["reproduce", "rueckauer2017", "--output", str(tmp_path / output)])
        assert refused.exit_code == 2
    assert CliRunner().invoke(app, ["reproduce", "nobody2020"]).exit_code == 2


def test_evaluate_by_time_to_first_spike():
    """Only settings that are given go to the method; the report names all."""
    done = run("evaluate", "digits-cnn", "--method", "ttfs", "--t-max", "8", "--threshold", "maximum", "--json")
    report = json.loads(done.stdout)
    assert report["latency"] == 40
    assert report["settings"] == {
        **{"t_max": 8, "threshold": "maximum", "half_step": True, "output": "earliest", "calibration": 1198},
    }
    net, (x, labels) = snnref.load("digits-cnn"), snnref.data.load()
    snn = snnref.ttfs.convert(net, snnref.data.load(split="train")[0], t_max=8, threshold="maximum")
    assert report["accuracy"] == snn.run(x).accuracy(labels)
    given = run("evaluate", "digits-cnn", "--method", "ttfs", "--threshold", "20", "--json")
    assert json.loads(given.stdout)["settings"]["threshold"] == 20
    misspelt = run("evaluate", "digits-cnn", "--method", "ttfs", "--threshold", "serch")
    assert "threshold: got 'serch', expected one of 'search', 'maximum', 'bound'" in misspelt.stderr
    assert "analog" not in run("evaluate", "digits-cnn", "--method", "ttfs").stdout
    wrong = run("evaluate", "digits-cnn", "--method", "ttfs", "--steps", "9")
    assert wrong.returncode == 1
    assert "unknown setting 'steps'; ttfs has t_max, half_step, output" in wrong.stderr


def test_compare_prints_draws_and_tells(tmp_path):
    done = run("compare", "digits-cnn", "--images", "20", "--calibration", "100", "--set", "amos.K=3", "--json")
    report = json.loads(done.stdout)
    assert done.stderr == ""
    assert [row["method"] for row in report["methods"]] == list(METHODS)
    assert (report["network"], report["images"], report["calibration"]) == ("digits-cnn", 20, 100)
    net, (x, labels) = snnref.load("digits-cnn"), snnref.data.load()
    few = ("--method", "amos", "--method", "rate", "--images", "20", "--calibration", "100", "--set", "amos.K=3")
    drawn = run("compare", "digits-cnn", *few, "--picture", "two.svg", cwd=tmp_path)
    calibration, _ = snnref.data.load(split="train")
    expected = snnref.compare(
        net, x[:20], labels[:20], calibration=calibration[:100], methods=["amos", "rate"], settings={"amos": {"K": 3}}
    )
    assert drawn.stdout == f"{expected}\n"
    amos = report["methods"][list(METHODS).index("amos")]
    assert amos["settings"] == {"K": 3}
    assert amos["result"]["operation_counts"] == vars(expected.rows[0].result.operation_counts)
    assert (tmp_path / "two.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize("text", ["K=3", "brain.K=3", "amos.K"])
def test_compare_refuses_settings_of_no_method(text):
    done = run("compare", "digits-cnn", "--set", text)
    assert done.returncode == 2
    assert "expected" in done.stderr
