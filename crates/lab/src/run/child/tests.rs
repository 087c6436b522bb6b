use super::*;
use crate::experiments::Experiment;
use crate::tiny;

/// What a person may ask of an arm.
const CHANGES: &[&str] = &[
    "augmentation.kind=none",
    "augmentation={kind=\"disjoint_masks\", keep_rate=0.75}",
    "objective.temperature=2",
    "objective.kind=spectral",
    "batch.negative_set=in_batch",
    "bias.kind=zero",
    "bias.kind=staged",
    "bias={kind=\"trained\", learning_rate=1}",
    "training.learning_rate=0.1",
    "training.schedule.kind=cosine",
    "measure.cadence.kind=logarithmic",
];

/// Every arm of every shipped experiment can leave itself with every change. Only a change that means nothing
/// to the arm is refused, and then the message speaks of that change and of nothing else.
#[test]
fn every_arm_of_every_experiment_can_be_forked() {
    let (mut planned, mut refused) = (0, 0);
    for (experiment, layers) in tiny::experiments() {
        for point in Spec::all_from_layers(&layers).unwrap() {
            for (arm, own) in &point.spec.arms {
                for change in CHANGES {
                    let what = format!("{experiment}: {arm} with {change}");
                    let child = planned_child(&point.spec, arm, &[(*change).to_owned()]);
                    let is_of_contrast =
                        ["augmentation", "objective", "batch"].iter().any(|t| change.starts_with(t));
                    // What speaks of a contrast means nothing to the losses that are not InfoNCE.
                    let may_be_refused = is_of_contrast && own.objective.kind() != "info_nce";
                    let must_be_refused = is_of_contrast && !own.needs().two_views;
                    match child {
                        Ok(plan) => {
                            assert!(!must_be_refused, "{what}");
                            assert_eq!(plan.arms.last().unwrap().name, "new");
                            planned += 1;
                        }
                        Err(error) => {
                            let message = error.to_string();
                            let key = change.split(['=', '.']).next().unwrap();
                            let told = format!("arms.new.{key}");
                            let is_useless =
                                message.starts_with(&told) && message.contains("would change nothing");
                            // Another objective asks for what the arm does not have.
                            let is_another = *change == "objective.kind=spectral"
                                && (message.contains("batch.negatives") || message.contains("parameters"));
                            let has_no_thresholds = change.starts_with("bias")
                                && ["linear", "cubic"].contains(&own.network.kind())
                                && message.contains("the network has no thresholds");
                            let is_refused = may_be_refused && (is_useless || is_another);
                            assert!(is_refused || has_no_thresholds, "{what}: {message}");
                            refused += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(planned > 500 && refused > 10, "{planned} planned, {refused} refused");
}

fn planned_child(parent: &Spec, arm: &str, changes: &[String]) -> Result<Plan, ForkError> {
    let layers = [
        Layer::parse(&child_spec(parent, arm, "new")?, SPEC_FILE, Path::new("/"))?,
        Layer::overrides(&own_settings("new", arm, ForkMoment::Step(0), changes))?,
    ];
    Ok(Plan::new(&Spec::from_layers(&layers)?, "fork")?)
}

/// A fork says once where it leaves.
#[test]
fn a_fork_that_names_another_one_is_refused() {
    let layers = Experiment::find("smoke").unwrap().layers(false).unwrap();
    let parent = Spec::from_layers(&layers).unwrap();
    let error = planned_child(&parent, "none", &["training.fork=random_mask@3".to_owned()]).unwrap_err();
    assert!(error.to_string().contains("arms.new.training.fork is given twice"), "{error}");
}

/// Settings may be typed as `run` takes them, with the arm in front; those of another arm are refused.
#[test]
fn the_name_of_the_arm_may_stand_in_front() {
    let layers = Experiment::find("smoke").unwrap().layers(false).unwrap();
    let parent = Spec::from_layers(&layers).unwrap();
    let resolved =
        |typed: &str| planned_child(&parent, "none", &[typed.to_owned()]).map(|plan| plan.resolved.clone());
    let plain = resolved("objective.temperature=0.3").unwrap();
    assert_eq!(plain, resolved("arms.none.objective.temperature=0.3").unwrap());
    assert_eq!(plain, resolved("arms.new.objective.temperature=0.3").unwrap());
    assert!(resolved("arms.random_mask.objective.temperature=0.3").is_err());
}
