"""Runs: the same bytes as from the terminal, tables, interruption, threads, forks of the process."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import featurescope as fs

from .conftest import files, python


def test_the_terminal_makes_the_same_bytes(run: fs.Run, spec: Path, tmp_path: Path) -> None:
    program = Path(sysconfig.get_path("scripts")) / "featurescope"
    out = tmp_path / "tiny"
    subprocess.run([program, "run", spec, "--out", out, "--no-report", "--quiet"], check=True)
    expected, found = files(run.path), files(out)
    assert list(expected) == list(found)
    assert [name for name in expected if expected[name] != found[name]] == []


def test_any_number_of_threads_makes_the_same_bytes(run: fs.Run, exp: fs.Experiment, tmp_path: Path) -> None:
    again = exp.run(tmp_path / "again", threads=3, progress=False)
    one, other = files(run.path), files(again.path)
    for name in one:
        if name != "manifest.json":
            assert one[name] == other[name], name


def test_tables_are_what_other_readers_read(run: fs.Run) -> None:
    pandas = pytest.importorskip("pandas")
    records = run["random_mask"].records
    stored = pandas.read_parquet(run["random_mask"].path / "records.parquet")
    pandas.testing.assert_frame_equal(records.to_pandas(), stored)
    assert records.shape == stored.shape
    neurons = run["none"].neurons
    frame = neurons.to_pandas()
    stored = pandas.read_parquet(run["none"].path / "neurons.parquet").astype({"neuron": "int64"})
    pandas.testing.assert_frame_equal(frame, stored)


def test_tables_cross_as_arrow(run: fs.Run) -> None:
    polars, arrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    for table in (run["none"].records, run["none"].neurons, run["none"].probes):
        assert polars.DataFrame(table).shape == table.shape
        there = arrow.table(table)
        assert there.column_names == table.columns
        for name in table.columns:
            assert np.array_equal(np.asarray(there[name]), table[name], equal_nan=table[name].dtype.kind == "f")


def test_tables_need_numpy_alone(run: fs.Run) -> None:
    records = run["none"].records
    array = records.to_numpy()
    assert array.dtype.names == tuple(records.columns) and array["step"][-1] == 12
    assert np.array_equal(array["loss"], records["loss"], equal_nan=True)
    assert records.row(0)["step"] == 0
    with pytest.raises(KeyError, match="there is no column 'los'"):
        records["los"]
    assert f"{len(records)} rows × " in repr(records) and "<table>" in records._repr_html_()


def test_a_run_tells_itself(run: fs.Run) -> None:
    assert run.status == "finished" and run.seed == 3 and list(run) == ["random_mask", "none"]
    assert run["none"].summary["stop_reason"] == "finished"
    assert set(run["none"].probes["task"]) == {"regression", "classification"}
    assert run._repr_html_().count("<svg") == 1
    assert run.report().read_text(encoding="utf-8").startswith("<!")
    with pytest.raises(KeyError, match="the arms are random_mask, none"):
        run["both"]


def test_the_story_is_drawn_with_matplotlib(run: fs.Run) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    figure = run.plot.story()
    loss = run["random_mask"].records["loss"]
    drawn = [np.asarray(line.get_ydata(), dtype=float) for axes in figure.axes for line in axes.lines]
    assert any(len(line) == len(loss) and np.allclose(line, loss, equal_nan=True) for line in drawn)


def test_what_is_no_run_is_refused(tmp_path: Path, run: fs.Run, exp: fs.Experiment) -> None:
    with pytest.raises(fs.RunError, match="holds no run"):
        fs.open(tmp_path)
    with pytest.raises(fs.RunError, match="exists and is not empty"):
        exp.run(run.path, progress=False)


LONG = """
import featurescope as fs, sys
def tell(what, text, first, second):
    if what == "step" and first > 50: print("going", flush=True)
fs.experiment({spec!r}, steps=2_000_000, measure__cadence__steps=1000).run("out", progress=tell, save_every=0.1)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as on Unix")
def test_ctrl_c_leaves_a_run_that_goes_on_to_the_same_bytes(spec: Path, tmp_path: Path) -> None:
    code = LONG.format(spec=str(spec))
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"going\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert b"KeyboardInterrupt" in said and b'featurescope.resume("out") goes on' in said, said
    stopped = fs.Run(tmp_path / "out")
    assert stopped.status == "interrupted" and stopped["random_mask"].summary["stop_reason"] == "interrupted"


def test_an_interrupted_run_becomes_the_same_bytes(run: fs.Run, exp: fs.Experiment, tmp_path: Path) -> None:
    def stop(what: str, text: str, first: float, second: float) -> None:
        if what == "ended" and text.startswith("random_mask"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="goes on"):
        exp.run(tmp_path / "stopped", progress=stop)
    stopped = fs.open(tmp_path / "stopped")
    assert isinstance(stopped, fs.Run) and stopped.status == "interrupted"
    assert fs.resume(stopped.path, progress=False).status == "finished"
    assert files(run.path) == files(stopped.path)


def test_two_runs_at_once_are_those_of_each_by_itself(run: fs.Run, spec: Path, tmp_path: Path) -> None:
    def go(number: int) -> None:
        fs.experiment(spec).run(tmp_path / str(number), threads=1 + number, progress=False)

    threads = [threading.Thread(target=go, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    for number in range(3):
        found = files(tmp_path / str(number))
        expected = files(run.path)
        assert all(found[name] == expected[name] for name in expected if name != "manifest.json")


def test_python_goes_on_while_steps_run(spec: Path, tmp_path: Path) -> None:
    """Another thread counts while a run goes on: the interpreter's lock is free."""
    exp = fs.experiment(spec, steps=20_000, measure__cadence__steps=20_000, labels=[])
    ended, counts = threading.Event(), 0
    worker = threading.Thread(target=lambda: (exp.run(tmp_path / "long", progress=False), ended.set()))
    worker.start()
    while not ended.is_set():
        counts += 1
        time.sleep(0.001)
    worker.join()
    assert counts > 10


def _child(queue: multiprocessing.Queue[str], spec: str) -> None:
    try:
        fs.experiment(spec).run(progress=False)
        queue.put("it ran")
    except fs.RunError as error:
        queue.put(str(error))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_gets_an_error_and_a_spawned_one_works(spec: Path, run: fs.Run) -> None:
    for method, said in [("fork", "this process was forked from process"), ("spawn", "it ran")]:
        context = multiprocessing.get_context(method)
        queue = context.Queue()
        child = context.Process(target=_child, args=(queue, str(spec)))
        child.start()
        assert said in queue.get(timeout=60)
        child.join(timeout=60)


def test_progress_of_the_terminal_is_a_line_for_each_arm(spec: Path, tmp_path: Path) -> None:
    done = python(f"import featurescope as fs; fs.experiment({str(spec)!r}).run('out')", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "random_mask: finished after 12 steps" in done.stderr and "none: finished" in done.stderr


def test_the_module_is_loaded_soon(tmp_path: Path) -> None:
    """What loads it may not load pandas, matplotlib or the like: that, unlike a time, can be asserted."""
    code = "import sys, featurescope; print([m for m in ('pandas', 'matplotlib', 'tqdm', 'IPython', 'torch') if m in sys.modules])"
    assert python(code, folder=tmp_path).stdout.strip() == "[]"


def test_the_manifest_is_that_of_any_run(run: fs.Run) -> None:
    manifest = json.loads((run.path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "finished" and manifest["experiment"] == "tiny"


def test_an_experiment_on_pictures_says_which_command_trains_it() -> None:
    with pytest.raises(fs.SettingError, match="`images-patches` is on pictures: the command `featurescope run` trains it"):
        fs.experiment("images-patches")
