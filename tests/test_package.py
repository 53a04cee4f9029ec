"""The package as others meet it: light to import, no torch unless asked for, clear when something is missing."""

import subprocess
import sys

import pytest

import snnref


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


def test_import_needs_neither_torch_nor_scipy_nor_a_plotting_library():
    done = python(
        "import snnref, sys; net = snnref.load('digits-cnn'); x, y = snnref.data.load();"
        "snn = snnref.rate.convert(net, x); snn.run(x[:2], steps=3).operations;"
        "from snnref.figures import CHAPTERS, PAGES, describe, find; import snnref.explore;"
        "describe('vocabulary.neuron', {}).json(); describe('convert.calibrated', {}).json();"
        "[__import__(f'snnref.figures.{chapter}') for chapter in (*CHAPTERS, *PAGES.values())];"
        "heavy = ('torch', 'scipy', 'tabulate', 'matplotlib', 'ipywidgets', 'typer', 'IPython');"
        "print([m for m in heavy if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_training_without_torch_says_what_to_install():
    done = python("import sys; sys.modules['torch'] = None; import snnref.training.trainer")
    assert "pip install '.[torch]'" in done.stderr


def test_command_without_its_extra_says_what_to_install():
    done = python("import sys; sys.modules['typer'] = None; import snnref.cli")
    assert "pip install '.[cli]'" in done.stderr
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", snnref.__all__)
def test_front_door_opens(name):
    assert getattr(snnref, name) is not None
    assert name in dir(snnref)


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(AttributeError, match="it has load"):
        snnref.nothing  # noqa: B018


def test_wheel_works_in_an_empty_environment(tmp_path):
    """Built, unpacked elsewhere and used from there, with nothing of the source tree in reach."""
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*build, tmp_path, "."], check=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", tmp_path / "site", wheel]
    subprocess.run(install, check=True, timeout=300)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import snnref;"
        "x, y = snnref.data.load(); print(snnref.__file__, (snnref.load('digits-cnn')(x).argmax(1) == y).mean())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    file, accuracy = done.stdout.split()
    assert file.startswith(str(tmp_path / "site"))
    assert float(accuracy) > 0.98
