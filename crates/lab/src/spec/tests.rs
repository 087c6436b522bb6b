mod overrides;

use super::registry::{find, settings};
use super::setting::{Fallback, InToml, Kind, Setting};
use super::*;
use featurescope_sim::augment::Augmentation;
use featurescope_sim::data::dictionary::DictionarySource;
use featurescope_sim::data::noise_directions::NoiseDirections;
use featurescope_sim::data::noise_law::NoiseLaw;
use featurescope_sim::data::{DataLaw, LatentLaw};
use featurescope_sim::head::Head;
use featurescope_sim::measure::{Cadence, Measure};
use featurescope_sim::network::Network;
use featurescope_sim::objective::Objective;
use featurescope_sim::train::{Adversary, BiasRule, Optimizer, RateSchedule, STAGED_RESET};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use toml::Value;

const BASE: &str = "
[data]
latent_dim = 8
ambient_dim = 32
[network]
width = 4
[batch]
anchors = 4
negatives = 4
[training]
steps = 2
";

fn file(text: &str) -> Layer {
    Layer::parse(text, "spec.toml", Path::new("/specs")).unwrap()
}

fn overrides(arguments: &[&str]) -> Result<Layer, SpecError> {
    Layer::overrides(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn spec(text: &str, arguments: &[&str]) -> Result<Spec, SpecError> {
    Spec::from_layers(&[Layer::parse(text, "spec.toml", Path::new("/specs"))?, overrides(arguments)?])
}

fn message(text: &str, arguments: &[&str]) -> String {
    spec(text, arguments).unwrap_err().to_string()
}

/// RandomMask as a spec reads it.
fn masks(keep_rate: f64) -> PartSpec<Box<dyn Augmentation>> {
    let mut table = toml::Table::new();
    table.insert("kind".into(), "random_mask".into());
    table.insert("keep_rate".into(), keep_rate.into());
    table.try_into().unwrap()
}

/// A value that the setting accepts.
fn example(setting: &Setting) -> String {
    match (setting.fallback, setting.kind) {
        // A default that is never written would not be found in what is written.
        (Fallback::Unwritten(_), Kind::Choice(words)) => format!("\"{}\"", words[words.len() - 1]),
        (Fallback::Value(text), _) if !text.is_empty() => text.to_owned(),
        (_, Kind::Whole(least, _)) => least.max(40).to_string(),
        (_, Kind::Number(range)) => if range.contains(0.5) { "0.5" } else { "2.0" }.to_owned(),
        (_, Kind::Choice(words)) => format!("\"{}\"", words[0]),
        (_, Kind::Text | Kind::File) => "\"name\"".to_owned(),
        (_, Kind::WholeList(least, _)) => format!("[{least}, {}]", least + 1),
        (_, Kind::NumberList(range)) => {
            let number = if range.contains(0.5) { "0.5" } else { "2.0" };
            format!("[{}]", [number; 40].join(", "))
        }
        (_, Kind::Part(slot)) => panic!("{} is a table", slot.key()),
    }
}

/// Arguments that make `setting` used, and set it.
fn arguments_using(setting: &Setting) -> Vec<String> {
    let mut arguments: Vec<_> =
        setting.used_when.iter().map(|c| format!("{}={}", c.key, c.any_of[0])).collect();
    arguments.push(format!("{}={}", setting.key, example(setting)));
    // Kinds with settings of their own that have no default.
    for (kind, needed) in [
        ("data.kind=vectors", "data.path=v.npy"),
        ("data.kind=vectors", "data.training_vectors=9"),
        ("data.kind=vectors", "data.test_vectors=9"),
        ("data.dictionary.kind=file", "data.dictionary.path=m.npy"),
        ("data.latent.kind=fixed_count", "data.latent.active_count=3"),
        ("data.latent.kind=listed", "data.latent.activities=[0.5]"),
        ("data.noise_directions.kind=file", "data.noise_directions.path=u.npy"),
        ("training.schedule.kind=drops", "training.schedule.at=[1]"),
        ("bias.kind=trained", "bias.learning_rate=1"),
        ("adversary.kind=l2", "adversary.radius=1"),
        ("adversary.kind=linf", "adversary.radius=1"),
        ("adversary.kind=random", "adversary.radius=1"),
        ("measure.measurement.kind=robust", "measure.measurement.radius=1"),
        ("network.kind=two_layers", "network.features=3"),
        ("network.kind=three_layers", "network.features=3"),
        ("network.kind=three_layers", "network.hidden=3"),
        ("head.kind=linear", "head.outputs=3"),
        ("head.kind=mlp", "head.outputs=3"),
        ("head.kind=mlp", "head.hidden=3"),
        ("head.kind=patch_sum", "head.patches=8"),
    ] {
        let is_other = needed.split_once('=').is_some_and(|(key, _)| key != setting.key);
        if is_other && arguments.iter().any(|a| a.replace('"', "") == kind) {
            arguments.push(needed.to_owned());
        }
    }
    arguments
}

/// The list of settings is known to the types: each one, when used, arrives there. What serde knows beyond the list
/// cannot be reached, because unknown settings are refused before serde sees them; the next test counts the fields.
#[test]
fn every_listed_setting_has_a_field() {
    for setting in settings() {
        let arguments = arguments_using(setting);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let resolved = spec(BASE, &arguments).unwrap_or_else(|e| panic!("{}: {e}", setting.key)).resolved;
        let name = setting.key.rsplit('.').next().unwrap();
        assert!(resolved.contains(&format!("{name} = ")), "{} is not in\n{resolved}", setting.key);
    }
}

/// The names in `#[derive(Deserialize)]`, read off serde's own messages: an unknown field is answered with the list of
/// known ones.
#[test]
fn every_field_is_a_listed_setting() {
    let mut fields = BTreeSet::new();
    collect_fields::<SharedSpec>("", &mut fields);
    collect_fields::<ArmSpec>("", &mut fields);
    for table in settings().iter().filter_map(|s| s.key.rsplit_once('.')).map(|(table, _)| table) {
        collect_table(table, &mut fields);
    }
    let tables = |key: &String| !registry::SPARSE_CODING.is_table(key);
    let unlisted: Vec<_> = fields.iter().filter(|key| tables(key) && find(key).is_none()).collect();
    assert!(unlisted.is_empty(), "{unlisted:?} are read but not listed");
    let unread: Vec<_> = settings().iter().map(|s| s.key).filter(|&key| !fields.contains(key)).collect();
    assert!(unread.is_empty(), "{unread:?} are listed but not read");
}

fn collect_table(table: &str, fields: &mut BTreeSet<String>) {
    use super::typed::*;
    match table {
        "data" => collect_fields::<PartSpec<Box<dyn DataLaw>>>(table, fields),
        "data.dictionary" => collect_fields::<PartSpec<Box<dyn DictionarySource>>>(table, fields),
        "data.latent" => collect_fields::<PartSpec<Arc<dyn LatentLaw>>>(table, fields),
        "data.noise" => collect_fields::<PartSpec<Arc<dyn NoiseLaw>>>(table, fields),
        "data.noise_directions" => collect_fields::<PartSpec<Box<dyn NoiseDirections>>>(table, fields),
        "augmentation" => collect_fields::<PartSpec<Box<dyn Augmentation>>>(table, fields),
        "network" => collect_fields::<PartSpec<Box<dyn Network>>>(table, fields),
        "head" => collect_fields::<PartSpec<Option<Box<dyn Head>>>>(table, fields),
        "objective" => collect_fields::<PartSpec<Box<dyn Objective>>>(table, fields),
        "adversary" => collect_fields::<PartSpec<Box<dyn Adversary>>>(table, fields),
        "batch" => collect_fields::<BatchSpec>(table, fields),
        "training" => collect_fields::<TrainingSpec>(table, fields),
        "training.schedule" => collect_fields::<PartSpec<Arc<dyn RateSchedule>>>(table, fields),
        "training.optimizer" => collect_fields::<PartSpec<Box<dyn Optimizer>>>(table, fields),
        "bias" => collect_fields::<PartSpec<Arc<dyn BiasRule>>>(table, fields),
        "measure" => collect_fields::<MeasureSpec>(table, fields),
        "measure.measurement" => collect_fields::<PartSpec<Vec<Box<dyn Measure>>>>(table, fields),
        "measure.cadence" => collect_fields::<PartSpec<Arc<dyn Cadence>>>(table, fields),
        "probe" => collect_fields::<ProbeSpec>(table, fields),
        other => panic!("a table without a type: {other}"),
    }
}

fn collect_fields<T: DeserializeOwned>(table: &str, fields: &mut BTreeSet<String>) {
    let kinds = find(&format!("{table}.kind")).map(|setting| match setting.kind {
        Kind::Choice(words) => words,
        _ => &[],
    });
    for kind in kinds.unwrap_or(&[""]) {
        let mut probe = toml::Table::new();
        if !kind.is_empty() {
            probe.insert("kind".into(), Value::String((*kind).into()));
            fields.insert(format!("{table}.kind"));
        }
        probe.insert("no_such_field".into(), Value::Integer(0));
        let Err(error) = Value::Table(probe).try_into::<T>() else { panic!("{table} takes unknown fields") };
        let text = error.to_string();
        // "unknown field `no_such_field`, expected one of `a`, `b`", or "…, there are no fields".
        let expected = text.split("expected").nth(1).unwrap_or("");
        for name in expected.split('`').skip(1).step_by(2) {
            fields.insert(if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") });
        }
    }
}

#[test]
fn defaults_are_of_the_kind_they_stand_for() {
    for setting in settings() {
        match setting.fallback {
            Fallback::Value(text) | Fallback::Unwritten(text) => {
                let value = format!("v = {text}").parse::<toml::Table>().unwrap().remove("v").unwrap();
                assert_eq!(setting.kind.accept(&value), Some(value), "{}", setting.key);
            }
            Fallback::SameAs(key) => assert!(find(key).is_some()),
            Fallback::Required | Fallback::Absent(_) => {}
        }
        for condition in setting.used_when {
            let Some(Kind::Choice(words)) = find(condition.key).map(|s| s.kind) else {
                panic!("{condition}")
            };
            assert!(condition.any_of.iter().all(|word| words.contains(word)));
        }
        for key in setting.alternatives {
            assert_eq!(find(key).unwrap().alternatives, setting.alternatives);
        }
    }
    let reset = find("bias.reset").unwrap().default_in_words();
    assert!(reset.contains(&format!("staged: {STAGED_RESET}")), "{reset}");
}

#[test]
fn unknown_settings_are_named_with_a_suggestion() {
    let text = message(&BASE.replace("width", "widht"), &[]);
    assert!(
        text.contains("network.widht") && text.contains("spec.toml") && text.contains("network.width"),
        "{text}"
    );
    let text = message(BASE, &["temperature=2"]);
    assert!(text.contains("command line") && text.contains("`objective.temperature`"), "{text}");
    let text = message(BASE, &["augmentation=none"]);
    assert!(text.contains("`augmentation.kind`"), "{text}");
    assert!(message(BASE, &["qqq=1"]).ends_with("(command line)"));
    assert!(message(BASE, &["arms.nine.seed=1"]).contains("seed = 1"));
    assert!(message(BASE, &["arms.nine.bias.kind=zero"]).contains("the arms are main"));
    assert!(message(BASE, &["steps"]).contains("key=value"));
}

#[test]
fn earlier_names_of_settings_are_told_the_new_ones() {
    for (argument, told) in [
        ("encoder.width=3", "`encoder.width` (command line) has another name now: `network.width`"),
        (
            "loss={temperature=2}",
            "`loss.temperature` (command line) has another name now: `objective.temperature`",
        ),
        ("arms.main.loss.kind=spectral", "name now: `arms.main.objective.kind`"),
        ("training.tasks=9", "name now: `objective.tasks`"),
        ("training.dynamics=supervised", "name now: objective.kind = \"regression\""),
        ("training.dynamics=reduced_supervised", "training.dynamics = \"reduced\" and objective.kind"),
    ] {
        let text = message(BASE, &[argument]);
        assert!(text.contains(told), "{text}");
    }
    let text = message(&BASE.replace("network", "encoder"), &[]);
    assert!(text.contains("`encoder.width` (spec.toml)"), "{text}");
}

/// What an objective does not ask for is refused beside it, and need not be given.
#[test]
fn an_objective_decides_what_of_a_batch_is_read() {
    let labels = BASE.replace("negatives = 4", "");
    let arm = &spec(&labels, &["objective.kind=regression"]).unwrap().arms[0].1;
    assert!(arm.augmentation.is_none() && arm.negatives() == 0 && !arm.is_contrastive());
    assert!(message(&labels, &[]).contains("batch.negatives"));
    for unused in ["augmentation.kind=none", "batch.negative_set=in_batch", "training.arithmetic=mixed"] {
        let text = message(&labels, &["objective.kind=regression", unused]);
        assert!(text.contains("used only with objective.kind = info_nce or spectral"), "{text}");
    }
}

#[test]
fn values_of_the_wrong_type_or_range_are_refused() {
    for (argument, expected) in [
        ("training.steps=abc", "a whole number from 0"),
        ("training.steps=1.5", "a whole number"),
        ("data.latent.activity=1.5", "a number in [1e-6, 1]"),
        ("data.latent.activity=0", "a number in [1e-6, 1]"),
        ("data.noise_variance=-1", "0 or a number in [1e-37, 1e37]"),
        ("data.noise_variance=nan", "0 or a number in [1e-37, 1e37]"),
        ("training.learning_rate=inf", "a number in [1e-37, 1e37]"),
        ("batch.anchors=0", "from 1 to 4294967295"),
        ("batch.negatives=0", "from 1"),
        ("bias.kind=stagd", "zero | trained | staged"),
        ("probe.labels=5", "a list"),
    ] {
        let text = message(BASE, &[argument]);
        let key = argument.split('=').next().unwrap();
        assert!(text.contains(key) && text.contains(expected) && text.contains("command line"), "{text}");
    }
}

#[test]
fn a_setting_that_nothing_uses_is_refused_where_it_was_typed() {
    let text = message(BASE, &["augmentation.kind=none", "augmentation.keep_rate=0.7"]);
    assert!(text.contains("keep_rate = 0.7") && text.contains("augmentation.kind = none"), "{text}");
    let text = message(BASE, &["objective.kind=regression", "objective.temperature=2"]);
    assert!(
        text.contains("objective.temperature = 2.0") && text.contains("objective.kind = regression"),
        "{text}"
    );
    let arms = format!("{BASE}\n[arms.a]\n[arms.b]\naugmentation = {{ kind = \"none\", keep_rate = 0.5 }}\n");
    let text = message(&arms, &[]);
    assert!(text.contains("arms.b.augmentation.keep_rate") && text.contains("arm b"), "{text}");
}

#[test]
fn what_one_arm_uses_may_stand_in_the_base_and_what_an_override_makes_useless_is_dropped() {
    let text = format!(
        "{BASE}\n[augmentation]\nkeep_rate = 0.3\n[arms.a]\n[arms.b]\naugmentation.kind = \"none\"\n"
    );
    let found = spec(&text, &[]).unwrap();
    assert_eq!(found.arms[0].1.augmentation, Some(masks(0.3)));
    assert!(found.arms[1].1.has_equal_views());
    let dropped = spec(&text, &["augmentation.kind=none"]).unwrap();
    assert!(dropped.arms[0].1.has_equal_views());
}

#[test]
fn an_override_reaches_all_arms_or_one() {
    let text = format!("{BASE}\n[arms.a]\n[arms.b]\ntraining.steps = 7\n");
    let steps = |arguments: &[&str]| {
        spec(&text, arguments).unwrap().arms.iter().map(|(_, arm)| arm.training.steps).collect::<Vec<_>>()
    };
    assert_eq!(steps(&[]), [2, 7]);
    assert_eq!(steps(&["training.steps=9"]), [9, 9]);
    assert_eq!(steps(&["arms.a.training.steps=9"]), [9, 7]);
    assert_eq!(steps(&["training.steps=9", "arms.b.training.steps=1e1"]), [9, 10]);
    let mask = spec(&text, &["augmentation.keep_rate=.25"]).unwrap().arms[0].1.augmentation.clone();
    assert_eq!(mask, Some(masks(0.25)));
}

#[test]
fn alternatives_replace_each_other_across_layers_and_clash_inside_one() {
    let text = BASE.replace("[network]", "latent.activity_constant = 2.0\n[network]");
    let activity = |arguments: &[&str]| {
        let given = spec(&text, arguments).unwrap().shared.data.given().clone();
        let latent = given.part::<Arc<dyn LatentLaw>>("latent").unwrap();
        ["activity_constant", "activity"].map(|name| latent.given().optional_number(name))
    };
    assert_eq!(activity(&[]), [Some(2.0), None]);
    assert_eq!(activity(&["data.latent.activity=0.1"]), [None, Some(0.1)]);
    // The constant of an earlier layer goes with the law that it belongs to.
    assert_eq!(activity(&["data.latent.kind=fixed_count", "data.latent.active_count=3"]), [None, None]);
    let clash = message(&text, &["data.latent.activity=0.1", "data.latent.activity_constant=1"]);
    assert!(clash.contains("data.latent.activity") && clash.contains("say the same thing"), "{clash}");
    let moved = message(&text, &["data.active_count=3"]);
    assert!(moved.contains("did you mean `data.latent.active_count`?"), "{moved}");
    for name in ["activity", "activity_constant"] {
        let moved = message(&text, &[&format!("data.{name}=0.3")]);
        assert!(moved.contains(&format!("did you mean `data.latent.{name}`?")), "{moved}");
    }
}

#[test]
fn missing_and_shared_settings_are_explained() {
    let text = message(&BASE.replace("width = 4", ""), &["bias.kind=trained"]);
    let lines: Vec<_> = text.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(lines, ["network.width must be given", "bias.learning_rate must be given"], "{text}");
    let arms = format!("{BASE}\n[arms.a]\n[arms.b]\nbias.kind = \"trained\"\n");
    assert!(message(&arms, &[]).contains("bias.learning_rate must be given for arm b: Learning rate"));
    let nothing = message("", &[]);
    for setting in settings().iter().filter(|s| s.fallback == Fallback::Required && s.used_when.is_empty()) {
        assert!(nothing.contains(&format!("{} must be given: {}", setting.key, setting.doc)), "{nothing}");
    }
    let text = message(&format!("{BASE}\n[arms.a]\ndata.latent_dim = 9\n"), &[]);
    assert!(text.contains("arms.a.data.latent_dim") && text.contains("same data"), "{text}");
    assert!(message(&format!("{BASE}\n[arms.\"../x\"]\n"), &[]).contains("cannot name an arm"));
}

#[test]
fn the_resolved_spec_reads_back_as_itself() {
    let arms = "
[bias]
kind = \"staged\"
growth = 0.05
[arms.mask]
[arms.none]
augmentation.kind = \"none\"
training.steps = 5
[arms.trained]
bias = { kind = \"trained\", learning_rate = 6 }
[arms.supervised]
objective.kind = \"regression\"
";
    let first =
        spec(&format!("{BASE}{arms}"), &["bias.reset=0.8", "data.noise_directions.kind=random"]).unwrap();
    let second = Spec::from_layers(&[file(&first.resolved)]).unwrap();
    assert_eq!(first, second);
    assert_eq!(first.arms.len(), 4);
}

#[test]
fn files_are_found_from_the_spec_that_names_them() {
    let text = BASE.replace("[network]", "dictionary = { kind = \"file\", path = \"m.npy\" }\n[network]");
    let data = spec(&text, &[]).unwrap().shared.data;
    let found = data.given().part::<Box<dyn DictionarySource>>("dictionary").unwrap();
    assert_eq!((found.kind(), found.given().text("path")), ("file", Ok("/specs/m.npy")));
}

fn points(text: &str, arguments: &[&str]) -> Result<Vec<Point>, SpecError> {
    Spec::all_from_layers(&[Layer::parse(text, "spec.toml", Path::new("/specs"))?, overrides(arguments)?])
}

/// Every value of every list, the first list changing slowest; a later layer replaces a list.
#[test]
fn lists_are_all_combinations() {
    let text = format!("seed = [1, 2]\n{BASE}\n[arms.a]\ntraining.weight_decay = [0.1, 0.2]\n[arms.b]\n");
    let all = points(&text, &[]).unwrap();
    let decay =
        |point: &Point| point.spec.arms.iter().map(|(_, arm)| arm.training.weight_decay).collect::<Vec<_>>();
    let found: Vec<_> = all.iter().map(|point| (point.spec.shared.seed, decay(point))).collect();
    assert_eq!(
        found,
        [(1, vec![0.1, 3e-4]), (1, vec![0.2, 3e-4]), (2, vec![0.1, 3e-4]), (2, vec![0.2, 3e-4])]
    );
    let keys: Vec<_> = all[0].choices.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["seed", "arms.a.training.weight_decay"]);
    assert_eq!(points(&text, &["seed=7"]).unwrap().len(), 2);
    assert_eq!(points(&text, &["training.weight_decay=0.3", "seed=7"]).unwrap().len(), 1);
    assert_eq!(points(&text, &["batch.anchors=[4,5,6]"]).unwrap().len(), 12);
    // What is a list already is swept by a list of lists.
    assert_eq!(points(BASE, &["probe.labels=[5, 6]"]).unwrap().len(), 1);
    assert_eq!(points(BASE, &["probe.labels=[[5], [5, 6]]"]).unwrap().len(), 2);
    assert!(matches!(spec(&text, &[]), Err(SpecError::SeveralRuns { count: 4 })));
}

#[test]
fn lists_that_cannot_be_are_refused() {
    for (argument, expected) in [
        ("seed=[]", "seed = []"),
        ("seed=[1,1]", "once"),
        ("seed=[1,-1]", "a list of such values"),
        ("seed=[1,[2]]", "a list of such values"),
        ("experiment=[\"a\",\"b\"]", "experiment"),
        ("probe.labels=[[5],6]", "probe.labels"),
    ] {
        let message = points(BASE, &[argument]).unwrap_err().to_string();
        assert!(message.contains(expected), "{argument}: {message}");
    }
    let long = format!("seed={:?}", (1..=200).collect::<Vec<_>>());
    let other = format!("batch.anchors={:?}", (1..=200).collect::<Vec<_>>());
    assert!(matches!(points(BASE, &[&long, &other]), Err(SpecError::TooManyRuns { count: 40_000 })));
}

/// A variant lies over its file and under the command line; it may run some of the arms.
#[test]
fn variants_change_settings_together() {
    let text = format!(
        "{BASE}\n[arms.a]\n[arms.b]\n[[variants]]\nname = \"small\"\nonly = [\"b\"]\n\
         [[variants]]\nname = \"large\"\ndata = {{ latent_dim = 10, ambient_dim = 50 }}\nseed = [1, 2]\n\
         arms.a.batch.anchors = 9\n"
    );
    let all = points(&text, &[]).unwrap();
    let found: Vec<_> = all
        .iter()
        .map(|p| {
            (
                p.variant.as_deref().unwrap(),
                p.spec.shared.ambient_dim(),
                p.spec.shared.seed,
                p.spec.arms.len(),
            )
        })
        .collect();
    assert_eq!(found, [("small", 32, 1, 1), ("large", 50, 1, 2), ("large", 50, 2, 2)]);
    assert_eq!((all[0].spec.arms[0].0.as_str(), all[1].spec.arms[0].1.batch.anchors), ("b", 9));
    let all = points(&text, &["data.ambient_dim=64", "seed=5"]).unwrap();
    assert!(all.len() == 2 && all.iter().all(|point| point.spec.shared.ambient_dim() == 64));
    for (variant, expected) in [
        ("name = \"x\"\nonly = [\"c\"]", "there is no arm `c`"),
        ("only = [\"a\"]", "needs a `name`"),
        ("name = \"a/b\"", "needs a `name`"),
        ("name = \"x\"\nonly = \"a\"", "a list of arms"),
        ("name = \"x\"\ntraining.stepz = 3", "training.steps"),
        ("name = \"x\"\nloss = { kind = \"spectral\", temperature = 2.0 }", "variant 1 (x)"),
    ] {
        let message =
            points(&format!("{BASE}\n[arms.a]\n[[variants]]\n{variant}\n"), &[]).unwrap_err().to_string();
        assert!(message.contains(expected), "{variant}: {message}");
    }
}

/// A part that a run may have or not is written where there is one, and read again as it was.
#[test]
fn an_adversary_is_written_where_there_is_one() {
    let arms =
        format!("{BASE}\n[arms.clean]\n[arms.robust]\nadversary = {{ kind = \"l2\", radius = 0.5 }}\n");
    let text = spec(&arms, &[]).unwrap().resolved;
    assert!(text.contains("[arms.robust.adversary]") && !text.contains("[arms.clean.adversary]"), "{text}");
    let again = spec(&text, &[]).unwrap();
    assert_eq!(again.resolved, text);
    let kinds: Vec<_> = again.arms.iter().map(|(_, arm)| arm.adversary.kind()).collect();
    assert_eq!(kinds, ["none", "l2"]);
    // Without one nothing is written, and nothing is chosen.
    let plain = spec(BASE, &[]).unwrap();
    let spelt = spec(BASE, &["adversary.kind=none"]).unwrap();
    assert!(!plain.resolved.contains("adversary") && spelt.resolved == plain.resolved);
    for (arguments, named) in [
        (&["adversary.radius=0.5"][..], "adversary.kind = none"),
        (&["adversary.kind=l2"], "adversary.radius"),
        (&["adversary.kind=l2", "adversary.radius=0"], "[1e-18, 1e18]"),
        (&["adversary.kind=linf", "adversary.radius=1", "adversary.steps=0"], "adversary.steps"),
        (&["adversary.kind=l3"], "none | l2 | linf"),
    ] {
        let text = message(BASE, arguments);
        assert!(text.contains(named), "{arguments:?}: {text}");
    }
}

/// The table of letters says of every setting what the list of settings says.
#[test]
fn the_notation_has_the_ranges_and_defaults_of_the_list() {
    let table = include_str!("../../../../NOTATION.md");
    let mut letters = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        let name = cells.get(1).and_then(|cell| cell.split('`').nth(1)).unwrap_or_default();
        let Some(setting) = find(name) else {
            assert!(!name.contains('.'), "{name} is no setting");
            continue;
        };
        assert_eq!(cells[3], setting.values_in_words(), "range of {name}");
        assert_eq!(cells[4], setting.default_in_words(), "default of {name}");
        letters.insert(setting.key);
    }
    let letter =
        |doc: &'static str| doc.split_once("(the paper's ")?.1.split_once(')').map(|(letter, _)| letter);
    let has_letter =
        |setting: &&Setting| letter(setting.doc).is_some_and(|letter| letter.chars().count() <= 2);
    let lettered = settings().iter().filter(has_letter).map(|setting| setting.key);
    let missing: Vec<_> = lettered.filter(|key| !letters.contains(key)).collect();
    assert!(
        letters.len() > 15 && missing.is_empty(),
        "{missing:?} have letters that the table does not name"
    );
}

#[test]
fn what_is_named_now_is_there_and_what_was_is_not() {
    let (list, renamed) = (&registry::SPARSE_CODING, &registry::SPARSE_CODING.renamed);
    for (then, now) in renamed.keys {
        assert!(find(now).is_some() || list.is_table(now), "{now}");
        assert!(find(then).is_none() && !list.is_table(then), "{then}");
    }
    assert_eq!(renamed.key_now("loss.temperature").as_deref(), Some("objective.temperature"));
    assert_eq!(renamed.key_now("lossy"), None);
}
