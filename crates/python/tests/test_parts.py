"""Parts in Python: they train as those of the program do, and say what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import featurescope as fs

from .conftest import files, python

CALLS: list[tuple[tuple[int, ...], float]] = []


@fs.augmentation
def jitter(x: Any, rng: np.random.Generator) -> Any:
    """Two noisy copies."""
    CALLS.append((x.shape, float(x[0, 0])))
    return x + 0.1 * rng.normal(size=x.shape), x + 0.1 * rng.normal(size=x.shape)


@fs.augmentation
def unchanged(x: Any, rng: np.random.Generator) -> Any:
    return x, x


def losses(run: fs.Run, arm: str = "random_mask") -> Any:
    return run[arm].records["loss"]


def test_an_augmentation_sees_whole_batches_once_a_step(exp: fs.Experiment) -> None:
    CALLS.clear()
    learner = exp.with_(augmentation=jitter).learner("random_mask")
    for _ in range(3):
        learner.step()
    assert [shape for shape, _ in CALLS] == [(16, 64)] * 3
    assert len({first for _, first in CALLS}) == 3


def test_views_that_are_the_sample_train_like_none(exp: fs.Experiment, tmp_path: Path) -> None:
    ours = exp.with_(augmentation=unchanged).run(tmp_path / "ours", progress=False)
    theirs = exp.with_(augmentation="none").run(tmp_path / "theirs", progress=False)
    assert np.allclose(losses(ours), losses(theirs), rtol=1e-5, equal_nan=True)


def test_random_numbers_are_a_function_of_seed_and_step(exp: fs.Experiment, tmp_path: Path) -> None:
    first = exp.with_(augmentation=jitter).run(tmp_path / "first", progress=False)

    def stop(what: str, text: str, step: float, second: float) -> None:
        if what == "step":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exp.with_(augmentation=jitter).run(tmp_path / "second", progress=stop)
    second = fs.resume(tmp_path / "second", progress=False)
    assert files(first.path) == files(second.path)
    other = exp.with_(augmentation=jitter, seed=4).run(tmp_path / "third", progress=False)
    assert not np.allclose(losses(first)[1:], losses(other)[1:])


def test_source_and_version_are_part_of_the_runs_key(exp: fs.Experiment, tmp_path: Path) -> None:
    def make(version: str) -> fs.Part:
        @fs.augmentation(version=version)
        def same(x: Any, rng: np.random.Generator) -> Any:
            return x, x

        return same

    one, other, again = make("1"), make("2"), make("1")
    assert one.identifier == again.identifier != other.identifier
    keys = {
        part.identifier: exp.with_(augmentation=part).run(tmp_path / part.version, progress=False).manifest["setting_key"]
        for part in (one, other)
    }
    assert len(set(keys.values())) == 2


def test_a_run_whose_part_cannot_be_found_says_so(exp: fs.Experiment, spec: Path, tmp_path: Path) -> None:
    def stop(what: str, text: str, step: float, second: float) -> None:
        if what == "step":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exp.with_(augmentation=jitter).run(tmp_path / "out", progress=stop)
    done = python("import featurescope as fs; fs.resume('out')", folder=tmp_path)
    assert f"function = {jitter.identifier} cannot be used" in done.stderr, done.stderr
    assert "a digest of its source and version" in done.stderr
    looked = python("import featurescope as fs; print(fs.open('out').status)", folder=tmp_path)
    assert looked.stdout.strip() == "interrupted", looked.stderr


WRONG: dict[str, tuple[Any, str]] = {
    "one view": (lambda x, rng: x, "expected two arrays, anchors and positives, got ndarray"),
    "shape": (lambda x, rng: (x[:, :-1], x), r"expected the anchors to be an array of real numbers of shape (16, 64), got shape (16, 63)"),
    "dtype": (lambda x, rng: (x, x.astype(int)), "expected the positives to be an array of real numbers"),
    "complex": (lambda x, rng: (x, x * 1j), "got dtype complex"),
    "nan": (lambda x, rng: (x, x * np.nan), "numbers that are not finite"),
    "exception": (lambda x, rng: 1 / 0, "division by zero"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_goes_wrong_in_a_part_is_said_with_part_and_step(exp: fs.Experiment, case: str, tmp_path: Path) -> None:
    wrong, said = WRONG[case]

    @fs.augmentation(version=case)
    def spoilt(x: Any, rng: np.random.Generator) -> Any:
        spoilt.function.calls += 1
        return wrong(x, rng) if spoilt.function.calls == 3 else (x, x)

    spoilt.function.calls = 0
    with pytest.raises(fs.PartError) as raised:
        exp.with_(augmentation=spoilt).run(tmp_path / "out", save_every=0.0, progress=False)
    message = str(raised.value)
    assert "augmentation `spoilt` failed in step 3 of arm random_mask" in message and said in message, message
    assert raised.value.__cause__ is not None
    # The run is there and goes on, once the part does.
    assert fs.resume(tmp_path / "out", progress=False).status == "finished"
    whole = exp.with_(augmentation=spoilt).run(tmp_path / "whole", progress=False)
    assert files(tmp_path / "out") == files(whole.path)


def test_what_goes_wrong_in_a_learner_is_said_too(exp: fs.Experiment) -> None:
    @fs.augmentation
    def failing(x: Any, rng: np.random.Generator) -> Any:
        raise LookupError("nothing here")

    learner = exp.with_(augmentation=failing).learner("random_mask")
    with pytest.raises(fs.PartError, match="augmentation `failing` failed in step 1: LookupError: nothing here"):
        learner.step()
    with pytest.raises(fs.RunError, match="in the middle of a step"):
        learner.step()


def test_a_part_cannot_ask_the_learner_that_waits_for_it(exp: fs.Experiment) -> None:
    @fs.augmentation
    def curious(x: Any, rng: np.random.Generator) -> Any:
        return x, x + learner.view.step

    learner = exp.with_(augmentation=curious).learner("random_mask")
    with pytest.raises(fs.PartError, match="the learner is taking a step"):
        learner.step()


def test_reduced_dynamics_gives_way_with_a_warning(spec: Path) -> None:
    with pytest.warns(UserWarning, match="reduced dynamics never draws"):
        exp = fs.experiment(spec, dynamics="reduced").with_(augmentation=jitter)
    assert 'dynamics = "sampled"' in exp.toml
    with pytest.raises(fs.SettingError):
        fs.experiment(spec, dynamics="reduced", augmentation=jitter).run(progress=False)


@fs.objective
def spectral(anchor: Any, positive: Any, negatives: Any) -> Any:
    """The spectral contrastive loss behind StopGrad."""
    rows, similarities = len(anchor), anchor @ negatives.T
    loss = np.mean(similarities.astype(float) ** 2) - 2 * np.mean(np.sum(anchor * positive, axis=1, dtype=float))
    gradient = 2 / (rows * len(negatives)) * similarities @ negatives - 2 / rows * positive
    return loss, gradient, None, None


def test_an_objective_trains_like_that_of_the_program(exp: fs.Experiment, tmp_path: Path) -> None:
    ours = exp.with_(objective=spectral).run(tmp_path / "ours", progress=False)
    theirs = exp.with_(objective="spectral").run(tmp_path / "theirs", progress=False)
    assert np.allclose(losses(ours), losses(theirs), rtol=1e-3, equal_nan=True)
    assert np.allclose(losses(ours, "none"), losses(theirs, "none"), rtol=1e-3, equal_nan=True)


def test_objectives_of_pairs_and_of_labels_train(exp: fs.Experiment) -> None:
    @fs.objective
    def closer(anchor: Any, positive: Any) -> Any:
        difference = anchor - positive
        return 0.5 * float(np.sum(difference**2)), difference, -difference

    @fs.objective
    def active(features: Any, codes: Any) -> Any:
        target = np.abs(codes).sum(axis=1, keepdims=True) + np.zeros_like(features)
        return 0.5 * float(np.mean((features - target) ** 2)), (features - target) / features.size

    for part in (closer, active):
        learner = exp.with_(objective=part).learner("none" if part is active else "random_mask")
        assert all(view.loss is not None and np.isfinite(view.loss) for view in learner)


def test_objectives_say_what_they_take() -> None:
    with pytest.raises(fs.SettingError, match=r"\(anchor, positive, negatives\)"):

        @fs.objective
        def wrong(x: Any, y: Any) -> Any:
            return 0.0


@fs.network
def relu_pair(pre: Any, bias: Any) -> Any:
    """The paper's network."""
    return np.maximum(pre - bias, 0) - np.maximum(-pre - bias, 0)


@relu_pair.backward
def _(pre: Any, bias: Any, gradient: Any) -> Any:
    up, down = pre > bias, -pre > bias
    return gradient * (up.astype(np.float32) + down), np.sum(gradient * (down.astype(np.float32) - up), axis=0)


def test_a_network_trains_like_that_of_the_program(exp: fs.Experiment, tmp_path: Path) -> None:
    own: dict[str, Any] = {"bias": "trained", "bias__learning_rate": 0.1}
    ours = exp.with_(network=relu_pair, **own).run(tmp_path / "ours", progress=False)
    theirs = exp.with_(**own).run(tmp_path / "theirs", progress=False)
    assert np.allclose(losses(ours), losses(theirs), rtol=1e-3, equal_nan=True)
    found, expected = (run["none"].records["bias_over_norm"] for run in (ours, theirs))
    assert np.allclose(found, expected, rtol=1e-2, atol=1e-6) and np.abs(found).max() > 1e-4


def test_a_bias_rule_trains_like_that_of_the_program(exp: fs.Experiment, tmp_path: Path) -> None:
    @fs.bias_rule
    def descent(step: fs.BiasStep) -> Any:
        """What `bias = "trained"` does at a rate of .1."""
        return step.bias - 0.1 * step.gradient

    ours = exp.with_(bias_rule=descent).run(tmp_path / "ours", progress=False)
    theirs = exp.with_(bias="trained", bias__learning_rate=0.1).run(tmp_path / "theirs", progress=False)
    found, expected = (run["none"].records["bias_over_norm"] for run in (ours, theirs))
    assert np.allclose(found, expected, rtol=1e-2, atol=1e-6) and np.abs(found).max() > 1e-4


@fs.data_law
def two_active(rows: int, latent_dim: int, ambient_dim: int, rng: np.random.Generator) -> Any:
    """Two atoms in every sample."""
    codes = np.zeros((rows, latent_dim))
    places = rng.permuted(np.tile(np.arange(latent_dim), (rows, 1)), axis=1)[:, :2]
    np.put_along_axis(codes, places, rng.choice([-1.0, 1.0], size=places.shape), axis=1)
    return codes, 0.1 * rng.normal(size=(rows, ambient_dim))


def test_a_data_law_is_trained_on(spec: Path, tmp_path: Path) -> None:
    exp = fs.experiment("smoke", smoke=True, data_law=two_active)
    drawn = exp.learner().sample(300)
    assert np.all(np.count_nonzero(drawn.z, axis=1) == 2)
    assert np.allclose(drawn.x, drawn.z @ exp.learner().dictionary.T + drawn.noise, atol=1e-5)
    run = exp.run(tmp_path / "out", progress=False)
    assert run.status == "finished" and run.report().is_file()


@fs.measurement(unit="1")
def largest_bias(reading: fs.Reading) -> float:
    """The largest threshold."""
    return float(reading.bias.max())


def test_a_measurement_stands_in_the_records(exp: fs.Experiment, run: fs.Run, tmp_path: Path) -> None:
    @fs.measurement(columns={"energy_inside": "energy along the atoms", "neurons_seen": "their number"})
    def energies(reading: fs.Reading) -> Any:
        return float((reading.coordinates**2).sum()), len(reading.norms)

    measured = exp.with_(measurement=[largest_bias, energies]).run(tmp_path / "out", progress=False)
    records = measured["random_mask"].records
    assert records.columns[-3:] == ["largest_bias", "energy_inside", "neurons_seen"]
    assert np.all(records["neurons_seen"] == 10)
    assert np.allclose(records["energy_inside"] / 10, records["sparse_energy_mean"], rtol=1e-5)
    # Measuring changes nothing else.
    plain = run["random_mask"].records
    assert all(np.array_equal(plain[name], records[name], equal_nan=True) for name in plain.columns)


def test_a_measurement_may_have_a_figure_for_every_neuron(exp: fs.Experiment, run: fs.Run, tmp_path: Path) -> None:
    @fs.measurement(columns={"largest_norm": "of all neurons"}, neuron_columns={"share_outside": "of the energy"})
    def energies(reading: fs.Reading) -> Any:
        return reading.norms.max(), reading.dense_energy / reading.norms.astype(np.float64) ** 2

    measured = exp.with_(measurement=energies).run(tmp_path / "out", progress=False)
    arm = measured["random_mask"]
    neurons = arm.neurons
    assert neurons.columns[-1] == "share_outside" and len(neurons) == 10 * len(arm.records)
    expected = neurons["dense_energy"] / (neurons["sparse_energy"] + neurons["dense_energy"])
    assert np.allclose(neurons["share_outside"], expected, rtol=1e-4) and expected.min() < 0.9
    assert np.array_equal(run["random_mask"].neurons["dense_energy"], neurons["dense_energy"])


def test_figures_of_neurons_are_checked(exp: fs.Experiment, tmp_path: Path) -> None:
    @fs.measurement(neuron_columns={"too_few": "one too few"})
    def short(reading: fs.Reading) -> Any:
        return reading.norms[1:]

    with pytest.raises(fs.PartError, match=r"expected too_few to be .* of shape \(10,\), got float32 of shape \(9,\)"):
        exp.with_(measurement=short).run(tmp_path / "out", progress=False)
    with pytest.raises(fs.SettingError, match="the program measures `norm` itself"):

        @fs.measurement(neuron_columns={"norm": "mine"})
        def mine(reading: fs.Reading) -> Any:
            return reading.norms


def test_a_measurement_may_not_take_a_name_of_the_program() -> None:
    with pytest.raises(fs.SettingError, match="the program measures `loss` itself"):

        @fs.measurement(columns={"loss": "mine"})
        def mine(reading: fs.Reading) -> Any:
            return [0.0]


def test_a_part_of_another_slot_is_refused(exp: fs.Experiment) -> None:
    with pytest.raises(fs.SettingError, match="@featurescope.objective fills objective"):
        exp.with_(augmentation=spectral)
