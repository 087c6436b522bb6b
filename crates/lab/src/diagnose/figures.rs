//! Findings as JSON, for programs.

use super::probe::Probe;
use super::remarks::{Remark, remarks};
use super::{Finding, Representation, Study};
use crate::report::diagnostics::Neighbourhood;
use serde_json::{Value, json};

/// The figures of one of a study's representations, by name: what `featurescope diagnose --json` prints of it
/// beside the notes.
pub fn figures(study: &Study, representation: &Representation, finding: &Finding) -> Value {
    let found = &finding.diagnosis;
    let (neighbours, not_judged) = match &found.neighbours {
        Some(Neighbourhood::Judged { accuracy, chance, neighbours, classes, left_out }) => {
            let judged = json!({
                "accuracy": accuracy.value, "lower": accuracy.lower, "upper": accuracy.upper, "chance": chance,
                "k": neighbours, "classes": classes, "classes_left_out": left_out,
            });
            (judged, None)
        }
        Some(Neighbourhood::NotJudged(why)) => (Value::Null, Some(*why)),
        None => (Value::Null, None),
    };
    let (probe, no_probe) = match &finding.probe {
        Some(Ok(probe)) => (of_probe(probe), None),
        Some(Err(why)) => (Value::Null, Some(why)),
        None => (Value::Null, None),
    };
    let left_out: Vec<Value> = (representation.left_out.iter())
        .map(|left| json!({ "name": left.name, "reason": left.reason }))
        .collect();
    let remark = |remark: &Remark| json!({ "about": remark.about, "finding": remark.finding, "meaning": remark.meaning, "advice": remark.advice });
    let said = remarks(finding, study.samples_in_file > study.samples.len());
    json!({
        "name": representation.name,
        "file": representation.file,
        "sha256": representation.hash,
        "taken": representation.taken,
        "left_out": left_out,
        "labels": study.labels_taken,
        "collapse": found.verdict("").word,
        "samples": found.samples,
        "samples_in_file": study.samples_in_file,
        "neurons": found.width,
        "effective_rank": found.rank,
        "effective_rank_centred": found.centred_rank,
        "available_directions": found.available,
        "varying_energy_fraction": found.variation,
        "uniformity": found.uniformity,
        "alignment": found.alignment.map(|alignment| alignment.value),
        "firing_rate": found.firing_rate,
        "dead_neurons": found.dead,
        "silent_fraction": found.silent,
        "nearest_neighbours": neighbours,
        "nearest_neighbours_not_judged": not_judged,
        "probe": probe,
        "probe_not_judged": no_probe,
        "remarks": said.iter().map(remark).collect::<Vec<_>>(),
    })
}

fn of_probe(probe: &Probe) -> Value {
    json!({
        "unit": probe.unit, "rule": probe.rule, "score": probe.score, "lower": probe.lower, "upper": probe.upper,
        "chance": probe.chance, "training_samples": probe.training_samples, "test_samples": probe.test_samples,
        "classes": probe.classes, "classes_left_out": probe.left_out,
    })
}
