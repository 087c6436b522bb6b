"""Sweeps, the judge, and the shipped papers from Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import featurescope as fs


@pytest.fixture(scope="module")
def swept(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> fs.SweepResult:
    out = tmp_path_factory.mktemp("sweeps") / "tiny"
    return fs.sweep(spec, temperature=[0.5, 1.0], seed=range(3)).run(out, progress=False)


def test_a_sweep_makes_every_run_once(spec: Path, swept: fs.SweepResult) -> None:
    assert len(swept) == 6 and len(swept.runs) == 6
    longer = fs.sweep(spec, temperature=[0.5, 1.0, 2.0], seed=range(3))
    assert len(longer) == 9
    told = []
    again = longer.run(swept.path, progress=lambda what, text, first, second: told.append((what, first)))
    assert ("found", 6.0) in told and len(again.runs) == 9


def test_the_table_has_a_row_for_each_point_and_arm(swept: fs.SweepResult) -> None:
    table = swept.table
    assert set(table["arm"]) == {"random_mask", "none"} and table.columns[1:3] == ["temperature", "seed"]
    for run in swept.runs:
        rows = table["run"] == run.path.name
        assert rows.sum() == 2
        loss = [run[arm].records["loss"][-1] for arm in table["arm"][rows]]
        assert np.allclose(table["loss"][rows], loss)


def test_figures_are_drawn_with_intervals_over_seeds(spec: Path, tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    result = fs.sweep(spec, temperature=[0.5, 1.0], seed=range(3)).run(tmp_path / "out", progress=False)
    axes = result.plot("temperature", "loss")
    table = result.table
    for container in axes.containers:
        line, _, (bars,) = container.lines
        arm = container.get_label()
        for place, mean, segment in zip(line.get_xdata(), line.get_ydata(), bars.get_segments()):
            found = table["loss"][(table["arm"] == arm) & (table["temperature"] == place)]
            # Student t with two degrees of freedom.
            half = 4.302652729911275 * found.std(ddof=1) / np.sqrt(3)
            assert np.isclose(mean, found.mean())
            assert np.allclose([y for _, y in segment], [mean - half, mean + half])
    with pytest.raises(fs.SettingError, match="there is no figure `beauty`"):
        result.plot("temperature", "beauty")
    with pytest.raises(fs.SettingError, match="was no list of this sweep"):
        result.plot("width", "loss")


def test_runs_are_judged(swept: fs.SweepResult) -> None:
    judgement = fs.judge(swept)
    assert list(judgement.boards) == ["wen-li-2021"], "the board on pictures has no run"
    table = judgement.table
    assert len(table) > 50 and set(table["verdict"]) <= {"supported", "refuted", "undecided", "not_tested", "not_testable"}
    assert np.array_equal(fs.judge(swept.runs).table["verdict"], table["verdict"])
    assert swept.report().is_file()


def test_a_stored_sweep_is_opened(swept: fs.SweepResult) -> None:
    assert isinstance(fs.open(swept.path), fs.SweepResult)
    assert isinstance(fs.open(swept.runs[0].path), fs.Run)
