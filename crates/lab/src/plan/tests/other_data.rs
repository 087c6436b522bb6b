//! Data that are not the paper's: they train, what does not hold for them says nothing, and no other run sees them.

use super::{message, plan};
use crate::plan::Plan;
use featurescope_sim::train::Dynamics;

/// Data whose codes alone are others: reduced dynamics takes them.
const CODES: [&[&str]; 8] = [
    &["data.latent.kind=power_law"],
    &["data.latent.kind=listed", LISTED],
    &["data.latent.kind=blocks"],
    &["data.latent.kind=copula"],
    &["data.latent.kind=hierarchical"],
    &["data.latent.kind=hierarchical", "data.latent.levels=3", "data.latent.fan_out=2"],
    &["data.latent.kind=classes"],
    &["data.latent.values=laplace"],
];
const LISTED: &str = "data.latent.activities=[0.5,0.1,.1,.1,.1,.1,.1,.1,.1,.1,.1,.1,.1,.1,.1,.1]";
/// Data of which reduced dynamics knows no law, with the setting that says so.
const OTHERS: [(&[&str], &str); 5] = [
    (&["data.dictionary.kind=coherent"], "data.dictionary.kind = coherent"),
    (&["data.dictionary.kind=gaussian", "data.ambient_dim=12"], "data.dictionary.kind = gaussian"),
    (&["data.noise.kind=student"], "data.noise.kind = student"),
    (&["data.noise.kind=uniform"], "data.noise.kind = uniform"),
    (&["data.training_samples=5"], "data.training_samples = 5"),
];
const REDUCED: &[&str] = &["arms.random_mask.training.dynamics=reduced"];

/// Takes a step of every arm; the columns and the values of the last record of the first one.
pub(super) fn trained(plan: &Plan) -> Vec<(&'static str, f64)> {
    let mut first = Vec::new();
    for arm in &plan.arms {
        let mut dynamics = arm.dynamics(&plan.data).unwrap();
        let mut recorder = arm.recorder().unwrap();
        recorder.observe(&dynamics.view()).unwrap();
        let is_finite = |dynamics: &dyn Dynamics| dynamics.view().norms.iter().all(|norm| norm.is_finite());
        while dynamics.step().is_some() {}
        assert!(is_finite(dynamics.as_ref()), "{}", arm.name);
        let record = recorder.observe(&dynamics.view()).unwrap();
        let columns = recorder.columns().into_iter().map(|column| column.name);
        if first.is_empty() {
            first = columns.zip(record.scalars).collect();
        }
    }
    first
}

#[test]
fn other_data_are_trained_on_and_closed_forms_say_nothing_of_them() {
    let plain = plan(&[]).unwrap();
    assert!(plain.model().is_some() && plain.arms[0].prediction.signal_to_noise.is_some());
    for arguments in CODES {
        let other = plan(arguments).unwrap();
        trained(&other);
        assert!(other.model().is_none() && other.law.is_some(), "{arguments:?}");
        assert!(other.foreseen()[0].contains("data.latent."), "{:?}", other.foreseen());
        trained(&plan(&[arguments, REDUCED].concat()).unwrap());
    }
    for (arguments, setting) in OTHERS {
        let other = plan(arguments).unwrap();
        trained(&other);
        assert!(other.model().is_none() && other.law.is_none(), "{arguments:?}");
        assert!(other.foreseen()[0].starts_with(setting), "{:?}", other.foreseen());
        let text = message(&[arguments, REDUCED].concat());
        let named = text.contains(setting) && text.contains("arm random_mask") && text.contains("sampled");
        assert!(named, "{text}");
    }
}

/// Columns that make sense for some data stand in the records of these alone, and are read there.
#[test]
fn columns_of_some_data_are_in_no_other_run() {
    let names = |figures: &[(&'static str, f64)]| figures.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let plain = names(&trained(&plan(&[]).unwrap()));
    let added = |arguments: &[&str]| {
        let figures = trained(&plan(arguments).unwrap());
        assert_eq!(names(&figures)[..plain.len()], plain, "{arguments:?}");
        figures[plain.len()..].to_vec()
    };
    assert!(added(&["data.latent.kind=power_law"]).is_empty());
    let tree = added(&["data.latent.kind=hierarchical"]);
    assert_eq!(tree.len(), 6, "{tree:?}");
    assert!(tree.iter().all(|(name, value)| name.starts_with("level") && value.is_finite()), "{tree:?}");
    let by_level = "measure.measurement.kind=by_level";
    let features = added(&["data.latent.kind=hierarchical", "measure.samples=4096", by_level]);
    assert_eq!(
        features[..6].iter().map(|(name, _)| name).collect::<Vec<_>>(),
        tree.iter().map(|(name, _)| name).collect::<Vec<_>>()
    );
    assert!(features.len() == 10 && features.iter().all(|(_, value)| value.is_finite()), "{features:?}");
    assert!(message(&[by_level]).contains("measure.measurement.kind = by_level"));
    let dual = added(&["data.dictionary.kind=coherent"]);
    assert!(dual.len() == 3 && dual.iter().all(|(_, value)| value.is_finite()), "{dual:?}");
    let crowded = added(&["data.dictionary.kind=gaussian", "data.ambient_dim=12"]);
    assert!(crowded.len() == 3 && crowded.iter().all(|(_, value)| value.is_nan()), "{crowded:?}");
    let finite = added(&["data.training_samples=5"]);
    assert!(finite.len() == 4 && finite.iter().all(|(_, value)| value.is_finite()), "{finite:?}");
}

/// Settings that came later leave specs and names of runs as they were, unless they are used.
#[test]
fn later_settings_are_written_where_they_are_used_alone() {
    let plain = plan(&[]).unwrap();
    for key in ["noise]", "values", "training_samples"] {
        assert!(!plain.resolved.contains(key), "{key} stands in\n{}", plain.resolved);
    }
    let typed = plan(&["data.noise.kind=gaussian", "data.latent.values=signs"]).unwrap();
    assert_eq!((&typed.resolved, typed.identity.run_id()), (&plain.resolved, plain.identity.run_id()));
    let other = plan(&["data.noise.kind=student", "data.latent.values=gaussian"]).unwrap();
    assert!(other.resolved.contains("freedom = 3.0") && other.resolved.contains("values = \"gaussian\""));
    assert_ne!(other.identity.run_id(), plain.identity.run_id());
}

#[test]
fn data_that_cannot_be_are_refused_by_setting_value_and_what_is_accepted() {
    let cases: [(&[&str], [&str; 2]); 9] = [
        (&["data.latent.kind=listed", "data.latent.activities=[0.5]"], ["activities = a list of 1", "16"]),
        (&["data.latent.kind=hierarchical", "data.latent.fan_out=3"], ["data.latent.fan_out = 3", "16"]),
        (&["data.latent.kind=classes", "data.latent.classes=9"], ["data.latent.classes = 9", "16"]),
        (&["data.latent.kind=blocks", "data.latent.block_size=17"], ["data.latent.block_size = 17", "16"]),
        (&["data.latent.kind=copula", "data.latent.correlation=1"], ["data.latent.correlation", "[0, 1)"]),
        (&["data.dictionary.kind=coherent", "data.ambient_dim=12"], ["data.ambient_dim = 12", "16"]),
        (&["data.noise.kind=student", "data.noise.freedom=2"], ["data.noise.freedom", "(2, 1e37]"]),
        (&["data.training_samples=0"], ["data.training_samples = 0", "from 1"]),
        (&["data.noise.freedom=3"], ["data.noise.freedom", "data.noise.kind = student"]),
    ];
    for (arguments, parts) in cases {
        let text = message(arguments);
        assert!(parts.iter().all(|part| text.contains(part)), "{arguments:?}: {text}");
    }
}
