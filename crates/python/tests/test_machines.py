"""Sweeps on engines that have workers: the same bytes as on one machine, whatever fails on the way."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
import zipfile
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import featurescope as fs
from featurescope import _machines

from .conftest import files

SEEDS = range(4)


@pytest.fixture(scope="module")
def alone(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> fs.SweepResult:
    """The sweep on one machine."""
    return fs.sweep(spec, seed=SEEDS).run(tmp_path_factory.mktemp("alone") / "sweep", progress=False)


def same_runs(result: fs.SweepResult, alone: fs.SweepResult) -> bool:
    """Whether both hold the same runs, byte for byte but for the clock."""

    def runs(sweep: fs.SweepResult) -> dict[str, dict[str, bytes]]:
        return {run.path.name: {name: data for name, data in files(run.path).items() if name != "manifest.json"}
                for run in sweep.runs}

    mine, theirs = runs(result), runs(alone)
    return len(mine) == len(SEEDS) and mine == theirs


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_an_executor_makes_the_runs_of_one_machine(
    spec: Path, alone: fs.SweepResult, tmp_path: Path, pool: Any
) -> None:
    told: list[tuple[str, str]] = []
    with pool(2) as executor:
        result = fs.sweep(spec, seed=SEEDS).run(
            tmp_path / "out", on=executor, progress=lambda what, text, first, second: told.append((what, text))
        )
    assert same_runs(result, alone) and result.errors == {}
    assert "error" not in result.table and np.array_equal(result.table["loss"], alone.table["loss"])
    ends = [text for what, text in told if what == "run"]
    assert len(ends) == 4 and ends[-1].startswith("4 of 4; ") and "left" in ends[0]


class Elsewhere:
    """Workers that do not see the folder of the sweep."""

    def __init__(self, pool: ThreadPoolExecutor, folder: Path) -> None:
        self._pool, self._folder = pool, folder

    def submit(self, function: Any, sweep: str, *arguments: Any) -> Future[Any]:
        return self._pool.submit(function, str(self._folder / "not" / "here"), *arguments)


def test_workers_that_do_not_see_the_folder_send_runs_back(spec: Path, alone: fs.SweepResult, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        result = fs.sweep(spec, seed=SEEDS).run(tmp_path / "out", on=Elsewhere(pool, tmp_path), progress=False)
    assert same_runs(result, alone)
    assert not [path for path in result.path.iterdir() if "archive" in path.name]


@pytest.mark.parametrize("sees", [True, False])
def test_a_run_that_fails_stops_no_other_and_stands_in_the_table(spec: Path, tmp_path: Path, sees: bool) -> None:
    # More neurons than any machine has memory for: only where the run is made can that be known.
    sweep = fs.sweep(spec, width=[10, 2**32 - 1, 12])
    with ThreadPoolExecutor(2) as pool:
        result = sweep.run(tmp_path / "out", on=pool if sees else Elsewhere(pool, tmp_path), progress=False)
    table = result.table
    failed = table["width"] == 2**32 - 1
    assert failed.sum() == 1 and table["arm"][failed][0] == "" and np.isnan(table["loss"][failed][0])
    assert "of memory" in table["error"][failed][0] and set(table["error"][~failed]) == {""}
    assert len(result.runs) == 2 and len(result.errors) == 1
    if sees:
        opened = fs.open(tmp_path / "out")
        assert isinstance(opened, fs.SweepResult) and opened.errors.keys() == result.errors.keys()


class Forgetful:
    """An engine that loses the worker of each run a number of times."""

    def __init__(self, pool: ThreadPoolExecutor, times: int) -> None:
        self._pool, self._left, self._times = pool, {}, times

    def submit(self, function: Any, *arguments: Any) -> Future[Any]:
        key = arguments[1]
        self._left.setdefault(key, self._times)
        if self._left[key] > 0:
            self._left[key] -= 1
            lost: Future[Any] = Future()
            lost.set_exception(RuntimeError("the node is gone"))
            return lost
        return self._pool.submit(function, *arguments)


def test_a_lost_worker_gets_its_run_again(spec: Path, alone: fs.SweepResult, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        result = fs.sweep(spec, seed=SEEDS).run(tmp_path / "a", on=Forgetful(pool, 2), progress=False)
        assert same_runs(result, alone)
        lost = fs.sweep(spec, seed=[0, 1]).run(tmp_path / "b", on=Forgetful(pool, 9), progress=False)
    assert len(lost.runs) == 0 and len(lost.errors) == 2
    assert all("the node is gone" in error and "3 times" in error for error in lost.errors.values())


def test_points_come_as_they_end_and_a_loop_that_is_left_starts_no_more(spec: Path, tmp_path: Path) -> None:
    seen = []
    for point in fs.sweep(spec, seed=range(30)).points(tmp_path / "out", jobs=1):
        assert point.error is None and point.run is not None and point.run.status == "finished"
        seen.append(point.settings["seed"])
        if len(seen) == 2:
            break
    there = fs.open(tmp_path / "out")
    assert isinstance(there, fs.SweepResult) and 2 <= len(there.runs) < 10
    # What is there comes first and is not made again.
    points = list(fs.sweep(spec, seed=seen).points(tmp_path / "out"))
    assert sorted(point.settings["seed"] for point in points) == sorted(seen)


def test_what_cannot_be_sent_is_refused(spec: Path, tmp_path: Path) -> None:
    @fs.augmentation
    def same(x: Any, rng: Any) -> Any:
        return x, x

    with pytest.raises(fs.SettingError, match="lives in this process"):
        fs.sweep(spec, augmentation=same, seed=SEEDS).run(tmp_path / "out", on=ThreadPoolExecutor(1))
    with pytest.raises(fs.SettingError, match="has submit"):
        fs.sweep(spec, seed=SEEDS).run(tmp_path / "out", on=3)
    with pytest.raises(fs.SettingError, match='"ray"'):
        fs.sweep(spec, seed=SEEDS).run(tmp_path / "out", on="slurm")
    with pytest.raises(fs.SettingError, match="jobs = 2 cannot be used with on="):
        fs.sweep(spec, seed=SEEDS).run(tmp_path / "out", on=ThreadPoolExecutor(1), jobs=2)


@pytest.mark.parametrize("name", ["../up", "/etc/x", "a/../../x", "C:\\x", "a\\..\\x", "a/", "link"])
def test_no_archive_leads_out_of_its_folder(tmp_path: Path, name: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("good", "x")
        entry = zipfile.ZipInfo("a/")
        entry.filename = name
        if name == "link":
            entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    inside = tmp_path / "inside"
    with pytest.raises(fs.RunError, match="no file below its folder"):
        _machines.unpack(packed.getvalue(), inside)
    assert list(tmp_path.iterdir()) == []


def test_dask_makes_the_runs_although_a_worker_is_killed(spec: Path, alone: fs.SweepResult, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        victims = list(client.run(os.getpid).values())

        def kill() -> None:
            time.sleep(0.5)
            os.kill(victims[0], signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        result = fs.sweep(spec, seed=SEEDS).run(tmp_path / "out", on=client, progress=False)
        killer.join()
    assert same_runs(result, alone), result.errors


def test_ray_makes_the_runs(spec: Path, alone: fs.SweepResult, tmp_path: Path) -> None:
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    second = cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address)
    try:
        threading.Timer(2.0, cluster.remove_node, [second]).start()
        result = fs.sweep(spec, seed=SEEDS).run(tmp_path / "out", on="ray", progress=False)
        assert same_runs(result, alone), result.errors
    finally:
        ray.shutdown()
        cluster.shutdown()


def test_submitit_makes_the_runs(spec: Path, alone: fs.SweepResult, tmp_path: Path) -> None:
    submitit = pytest.importorskip("submitit", reason="submitit is not installed")
    executor = submitit.LocalExecutor(folder=tmp_path / "jobs")
    executor.update_parameters(timeout_min=5)
    result = fs.sweep(spec, seed=SEEDS).run(tmp_path / "out", on=executor, progress=False)
    assert same_runs(result, alone), result.errors
