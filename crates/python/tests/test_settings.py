"""Settings by name, and what is said about those that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import featurescope as fs
from featurescope._settings import find, overrides, short_names


def test_names_stand_for_settings() -> None:
    for name, key in {
        "dynamics": "training.dynamics",
        "temperature": "objective.temperature",
        "augmentation": "augmentation.kind",
        "steps": "training.steps",
        "learning_rate": "training.learning_rate",
        "dictionary": "data.dictionary.kind",
        "training__steps": "training.steps",
        "measure.cadence.steps": "measure.cadence.steps",
        "seed": "seed",
    }.items():
        assert find(name).key == key, name
    assert all(find(name) == setting for name, setting in short_names().items())


def test_values_are_written_as_the_core_reads_them() -> None:
    given = {"seed": np.int64(3), "temperature": np.float32(0.5), "augmentation": "none", "labels": (1, 5)}
    assert list(overrides(given)) == [
        "seed=3",
        "objective.temperature=0.5",
        'augmentation.kind="none"',
        "probe.labels=[1, 5]",
    ]
    assert list(overrides({"seed": range(2)})) == ["seed=[0, 1]"]


def test_arms_have_settings_of_their_own(spec: Path) -> None:
    exp = fs.experiment(spec, arms={"none": {"temperature": 2.0}}, temperature=1.5)
    assert "temperature = 2.0" in exp.toml and "temperature = 1.5" in exp.toml
    assert exp.arms == ["random_mask", "none"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"temprature": 1.0}, "did you mean `objective.temperature`"),
        ({"temperature": "hot"}, "expected a number in"),
        ({"augmentation": "rotation"}, "random_mask"),
        ({"width": 0}, "a whole number from 1"),
        ({"seed": None}, "None is no value of a setting"),
        ({"arms": {"other": {"seed": 1}}}, "other"),
        ({"latent_dim": 65}, "at least data.latent_dim = 65"),
    ],
)
def test_errors_name_setting_value_and_what_is_accepted(spec: Path, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(fs.SettingError) as raised:
        fs.experiment(spec, **settings).run(progress=False)
    assert said in str(raised.value)
    assert isinstance(raised.value, ValueError)
    assert not Path("runs").exists(), "nothing was started"


def test_unknown_experiments_get_a_suggestion() -> None:
    with pytest.raises(fs.SettingError, match="did you mean `smoke`"):
        fs.experiment("smok")


def test_lists_are_left_to_sweeps(spec: Path) -> None:
    with pytest.raises(fs.SettingError, match="describe 2 runs: featurescope.sweep makes them"):
        fs.experiment(spec, seed=[1, 2]).run(progress=False)


def test_documentation_comes_from_the_list_of_settings() -> None:
    assert "the paper's η" in (fs.experiment.__doc__ or "")
    assert len(fs.settings()) > 50 and all(setting.doc for setting in fs.settings())


def test_everything_with_a_name_is_explained() -> None:
    assert "paper" in [shipped.name for shipped in fs.experiments()]
    assert "temperature" in fs.explain("temperature")
    with pytest.raises(fs.SettingError, match="xyzzy"):
        fs.explain("xyzzy")
