//! Many runs in one table: a row per arm and settings, each figure with its interval over seeds.

use super::page::{Table, show};
use super::stored::{ArmView, StoredRun};
use crate::identity::SettingKey;
use crate::spec::typed::LossSpec;
use crate::stats::Located;
use featurescope_sim::probe::DownstreamTask;
use std::collections::BTreeSet;

/// Level of the intervals.
const LEVEL: f64 = 0.95;

/// A figure of the table: its name and how it is read off an arm.
type Column = (&'static str, fn(&ArmView<'_>) -> Option<f64>);

const COLUMNS: &[Column] = &[
    ("T1", |arm| arm.end().0.map(|step| step as f64)),
    ("T2", |arm| arm.end().1.map(|step| step as f64)),
    ("loss", |arm| arm.last("loss")),
    ("dense energy", |arm| arm.last("dense_energy_fraction")),
    ("atoms covered", |arm| arm.last("coverage_90")),
    ("single-atom neurons", |arm| arm.last("singleton_count")),
    ("bias over norm", |arm| arm.last("bias_over_norm")),
    ("firing rate", |arm| arm.last("firing_rate")),
    ("signal cosine", |arm| arm.last("signal_cosine")),
    ("noise cosine", |arm| arm.last("noise_cosine")),
    ("R²", |arm| arm.best_score(DownstreamTask::Regression)),
    ("accuracy", |arm| arm.best_score(DownstreamTask::Classification)),
];

/// A setting that may tell the rows of one arm apart.
type Choice = (&'static str, fn(&ArmView<'_>) -> f64);

const CHOICES: &[Choice] = &[
    ("m", |arm| arm.subject.width() as f64),
    ("P", |arm| arm.subject.spec().batch.anchors as f64),
    ("τ", |arm| match arm.subject.spec().loss {
        Some(LossSpec::InfoNce { temperature, .. }) => temperature,
        _ => 0.0,
    }),
    ("λ", |arm| arm.subject.spec().training.weight_decay),
    ("steps", |arm| arm.subject.spec().training.steps as f64),
];

/// One arm at one setting.
struct Group<'a> {
    name: String,
    size: String,
    key: SettingKey,
    arms: Vec<ArmView<'a>>,
}

/// The table.
pub fn table(runs: &[&StoredRun]) -> Table {
    let groups = groups(runs);
    let row = |group: &Group<'_>| {
        let alike = groups.iter().filter(|other| other.name == group.name && other.size == group.size);
        let alike: Vec<&ArmView<'_>> = alike.map(|other| &other.arms[0]).collect();
        let mut row =
            vec![group.name.clone(), group.size.clone(), choices(&group.arms[0], &alike), seeds(group)];
        row.extend(
            COLUMNS.iter().map(|(_, read)| mean(&group.arms.iter().filter_map(read).collect::<Vec<_>>())),
        );
        row
    };
    let heads = ["experiment · arm", "d/d1", "settings", "seeds"].into_iter();
    Table {
        title: "All runs at their last recorded step".to_owned(),
        columns: heads.chain(COLUMNS.iter().map(|(name, _)| *name)).map(str::to_owned).collect(),
        rows: groups.iter().map(row).collect(),
        note: "Mean over seeds ± half of its 95 % interval (Student t). Covered atoms and single-atom neurons: |cos| > .9. R² and \
               accuracy: probes with the most labels."
            .to_owned(),
    }
}

fn groups<'a>(runs: &[&'a StoredRun]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for run in runs {
        for arm in run.subjects() {
            let name = format!("{} · {}", run.run.plan.experiment, arm.name());
            let key = arm.subject.setting_key(&[]);
            match groups.iter_mut().find(|group| group.name == name && group.key == key) {
                Some(group) => group.arms.push(arm),
                None => groups.push(Group { name, size: size(&arm), key, arms: vec![arm] }),
            }
        }
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    groups
}

fn size(arm: &ArmView<'_>) -> String {
    let population = arm.subject.population();
    let dynamics = if arm.subject.plan.is_reduced() { " reduced" } else { "" };
    format!("{}/{}{dynamics}", population.latent_dim, population.ambient_dim)
}

/// The settings in which rows of the same name and size differ.
fn choices(arm: &ArmView<'_>, alike: &[&ArmView<'_>]) -> String {
    let differs = |read: &fn(&ArmView<'_>) -> f64| {
        alike.iter().map(|other| read(other).to_bits()).collect::<BTreeSet<_>>().len() > 1
    };
    let told = CHOICES.iter().filter(|(_, read)| differs(read));
    told.map(|(name, read)| format!("{name} = {}", read(arm))).collect::<Vec<_>>().join(", ")
}

fn seeds(group: &Group<'_>) -> String {
    group.arms.iter().map(|arm| arm.subject.run.plan.seed).collect::<BTreeSet<_>>().len().to_string()
}

fn mean(values: &[f64]) -> String {
    let average = values.iter().sum::<f64>() / values.len() as f64;
    match Located::mean(values).map(|located| located.interval(LEVEL)) {
        Some(interval) => {
            format!(
                "{} ± {}",
                show(Some(interval.value)),
                show(Some(0.5 * (interval.upper - interval.lower)))
            )
        }
        None => show(Some(average)),
    }
}
