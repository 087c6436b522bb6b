"""Learners that Python steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import featurescope as fs


def test_steps_are_those_of_the_run(exp: fs.Experiment, run: fs.Run) -> None:
    learner = exp.learner("random_mask")
    losses = {view.step: view.loss for view in learner}
    assert list(losses) == list(range(1, 13)) and learner.stop_reason == "finished"
    records = run["random_mask"].records
    for step, loss in zip(records["step"], records["loss"]):
        if step > 0:
            assert losses[step] == loss
    assert learner.step() is None


def test_a_view_shows_the_state(exp: fs.Experiment) -> None:
    learner = exp.learner("none")
    assert learner.view.step == 0 and learner.view.loss is None
    view = learner.step()
    assert view is not None
    assert view.weights.shape == (10, 64) and view.bias.shape == (10,) and view.cosines.shape == (10, 8)
    assert not view.weights.flags.writeable and not view.bias.flags.writeable
    cosines = view.weights @ learner.dictionary / np.linalg.norm(view.weights, axis=1, keepdims=True)
    assert np.allclose(cosines, view.cosines, atol=1e-5)
    assert np.allclose(np.linalg.norm(view.weights, axis=1), view.norms, rtol=1e-5)
    kept = view.weights
    learner.step()
    assert not np.array_equal(kept, learner.view.weights), "what was read stays as it was"
    with pytest.raises(fs.RunError, match="the view of step 1, and the learner has gone on to 2"):
        _ = view.weights


def test_samples_are_what_they_are_made_of(exp: fs.Experiment) -> None:
    learner = exp.learner()
    drawn = learner.sample(500)
    assert np.allclose(drawn.x, drawn.z @ learner.dictionary.T + drawn.noise, atol=1e-5)
    assert np.array_equal(learner.sample(100, first_row=400).x, drawn.x[400:])
    assert np.allclose(learner.dictionary.T @ learner.dictionary, np.eye(8), atol=1e-5)
    learner.step()
    features = learner.represent(drawn)
    a, b = drawn.x @ learner.view.weights.T, learner.view.bias
    assert np.allclose(features, np.maximum(a - b, 0) - np.maximum(-a - b, 0), atol=1e-5)


LAYOUTS = {
    "C": lambda x: np.ascontiguousarray(x),
    "Fortran": lambda x: np.asfortranarray(x),
    "strided": lambda x: np.repeat(x, 2, axis=0)[::2],
    "reversed": lambda x: x[::-1].copy()[::-1],
    "transposed": lambda x: x.T.copy().T,
    "big-endian": lambda x: x.astype(">f4"),
    "double": lambda x: x.astype(np.float64),
    "big-endian double": lambda x: x.astype(">f8"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_arrays_of_any_layout_are_read_alike(exp: fs.Experiment, layout: str) -> None:
    learner = exp.learner()
    learner.step()
    x = learner.sample(20).x
    arranged = LAYOUTS[layout](x)
    arranged.flags.writeable = False
    assert np.array_equal(learner.represent(arranged), learner.represent(x))
    assert learner.represent(arranged[:0]).shape == (0, 10)


def test_half_precision_is_read_as_it_is_rounded(exp: fs.Experiment) -> None:
    learner = exp.learner()
    x = learner.sample(20).x.astype(np.float16)
    assert np.array_equal(learner.represent(x), learner.represent(x.astype(np.float32)))


def test_what_is_no_sample_is_refused(exp: fs.Experiment) -> None:
    learner = exp.learner()
    with pytest.raises(fs.SettingError, match="this learner takes rows of 64"):
        learner.represent(np.zeros((3, 63)))
    with pytest.raises(fs.SettingError, match="samples are rows of real numbers"):
        learner.represent(np.zeros(64))
    with pytest.raises(fs.SettingError, match="samples are rows of real numbers"):
        learner.represent(np.zeros((2, 64), dtype=complex))


def test_a_fork_goes_on_from_here(exp: fs.Experiment) -> None:
    learner = exp.learner("random_mask")
    for _ in range(5):
        learner.step()
    same, other = learner.fork(), learner.fork(augmentation="none")
    assert same.view.step == other.view.step == 5
    assert np.array_equal(same.view.weights, learner.view.weights)
    for forked in (same, other):
        forked.step()
    learner.step()
    assert np.array_equal(same.view.weights, learner.view.weights)
    assert not np.array_equal(other.view.weights, learner.view.weights)
    with pytest.raises(fs.SettingError, match="the fork cannot go on from here"):
        learner.fork(width=11)


def test_advancing_takes_the_same_steps(exp: fs.Experiment) -> None:
    stepped, advanced = exp.learner(), exp.learner()
    for _ in range(7):
        stepped.step()
    assert advanced.advance(7).step == 7
    assert np.array_equal(stepped.view.weights, advanced.view.weights)
    assert advanced.advance(100).step == 12 and advanced.stop_reason == "finished"


def test_unknown_arms_are_named(exp: fs.Experiment) -> None:
    with pytest.raises(fs.SettingError, match="there is no arm `both`; the arms are random_mask, none"):
        exp.learner("both")


def test_reduced_dynamics_is_stepped_too(spec: Path) -> None:
    learner = fs.experiment(spec, dynamics="reduced").learner("random_mask")
    assert sum(1 for _ in learner) == 12
    assert learner.dictionary.shape == (8 + 10, 8)
