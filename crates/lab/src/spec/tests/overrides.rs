//! Nothing that is typed is lost, whatever its form and its order.

use super::*;

const ARMS: &str = "[arms.a]\n[arms.b]\naugmentation = { kind = \"disjoint_masks\", keep_rate = 0.7 }\n";

/// Ways of typing settings, among them several of the same one and several that cannot be.
const TYPED: &[&str] = &[
    "objective.temperature=0.5",
    "objective={stop_gradient=\"nowhere\"}",
    "objective={temperature=0.5, stop_gradient=\"nowhere\"}",
    "objective={temperature=2}",
    "objective={}",
    "objective=info_nce",
    "seed=1",
    "seed=1.0",
    "seed=2",
    "seed.x=2",
    "seed={}",
    "arms={a={objective={temperature=3}}}",
    "arms.a={objective={temperature=3}, batch.anchors=5}",
    "arms.a.batch.anchors=5",
    "arms.a.batch.anchors=6",
    "arms.a=3",
    "arms.c={}",
    "arms=[]",
    "augmentation={kind=\"none\"}",
    "augmentation.kind=none",
    "augmentation.keep_rate=0.25",
    "arms.b.augmentation.keep_rate=0.75",
    "data.latent.activity=0.1",
    "data.latent.activity_constant=0.5",
    "data.latent={kind=\"fixed_count\", active_count=2}",
    "data.noise_variance=0",
    "probe.labels=[5]",
    "probe={labels=[5, 6]}",
    "batch.negatives=[4, 5]",
    "batch={negatives=[5, 4]}",
    "training.schedule={kind=\"cosine\"}",
    "training.schedule.final_fraction=.5",
    "variants=[{name=\"v\", seed=5}]",
    "variants=[{name=\"w\", seed=6}]",
    "variants.v.seed=5",
    "experiment=2026-09-30",
    "experiment={a=1}",
    "qqq=1",
];

/// The specs that the arguments describe, or the refusal.
fn outcome(arguments: &[&str]) -> Result<BTreeSet<String>, String> {
    let found = points(&format!("{BASE}{ARMS}"), arguments).map_err(|error| error.to_string())?;
    Ok(found.into_iter().map(|point| point.spec.resolved).collect())
}

/// Every pair and every triple, in every order.
#[test]
fn the_order_of_overrides_means_nothing() {
    let (mut accepted, mut refused) = (0, 0);
    for (i, first) in TYPED.iter().enumerate() {
        for (j, second) in TYPED.iter().enumerate().skip(i + 1) {
            let expected = outcome(&[first, second]);
            assert_eq!(expected, outcome(&[second, first]), "{first} {second}");
            *(if expected.is_ok() { &mut accepted } else { &mut refused }) += 1;
            // A third one from further down the list, another one for every pair.
            let third = TYPED[(j + 1 + (i * 7) % 11) % TYPED.len()];
            let typed = [*first, *second, third];
            let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
            let outcomes: Vec<_> = orders.map(|order| outcome(&order.map(|k| typed[k]))).into();
            assert!(outcomes.iter().all(|other| *other == outcomes[0]), "{typed:?}: {outcomes:#?}");
        }
    }
    assert!(accepted > 100 && refused > 100, "{accepted} accepted, {refused} refused");
}

/// What two arguments say is what one that says both says; two values for one setting are refused.
#[test]
fn overrides_are_merged_or_refused_and_never_dropped() {
    for (apart, together) in [
        (
            vec!["objective.temperature=0.5", "objective={stop_gradient=\"nowhere\"}"],
            "objective={temperature=0.5, stop_gradient=\"nowhere\"}",
        ),
        (
            vec!["arms.a={batch.anchors=5}", "arms={a={objective.temperature=3}}"],
            "arms={a={batch={anchors=5}, objective={temperature=3}}}",
        ),
        (vec!["seed=2", "seed=2.0"], "seed=2"),
        (vec!["objective={}", "objective.temperature=.5"], "objective.temperature=5e-1"),
    ] {
        assert_eq!(outcome(&apart).unwrap(), outcome(&[together]).unwrap(), "{apart:?}");
    }
    for (arguments, expected) in [
        (vec!["seed=1", "seed.x=2"], "there is no setting `seed.x`"),
        (vec!["seed=1", "seed=2"], "seed is given twice (command line), as 1 and as 2"),
        (
            vec!["objective.temperature=0.5", "objective={temperature=1}"],
            "objective.temperature is given twice",
        ),
        (vec!["arms.a.seed=1", "arms.a={}"], "arms.a.seed = 1 (command line) cannot differ between arms"),
        (vec!["arms.a=3"], "arms.a = 3 (command line) cannot be used: expected a table of settings"),
        (
            vec!["augmentation={kind=\"none\"}", "augmentation.keep_rate=0.3"],
            "keep_rate = 0.3 (command line) would change nothing",
        ),
        (vec!["data.latent.activity=0.1", "data={latent={activity_constant=3}}"], "say the same thing"),
        (vec!["seed={}"], "seed = {} (command line) cannot be used: expected a whole number"),
        (vec!["qqq={}"], "there is no setting `qqq`"),
        (vec!["variants=[]"], "an empty list describes no run"),
        (vec!["variants=[{name=\"v\", only=[]}]"], "at least one"),
        (vec!["variants=[{name=\"v\"}]", "variants=[{name=\"w\"}]"], "given twice"),
        (vec!["variants.v.seed=1"], "there is no `variants.v.seed`"),
        (vec!["objective={temperature=0.5"], "objective={temperature=0.5 is not valid TOML"),
        (vec!["objective={temperature=0.5, temperature=1}"], "is not valid TOML"),
    ] {
        let message = outcome(&arguments).unwrap_err();
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
}

/// In a file too.
#[test]
fn a_file_says_one_thing_about_a_setting() {
    let quoted = format!("\"objective.temperature\" = 0.5\nobjective.temperature = 2.0\n{BASE}");
    assert!(
        message(&quoted, &[]).contains("objective.temperature is given twice (spec.toml), as 0.5 and as 2.0")
    );
    assert!(message(&format!("{BASE}\n[seed]\nx = 1\n"), &[]).contains("there is no setting `seed.x`"));
    assert!(message(&format!("variants = 3\n{BASE}"), &[]).contains("[[variants]]"));
}

/// A variant lies over its own layer and under what is typed later; variants that are typed replace those of
/// a file.
#[test]
fn variants_on_the_command_line_replace_those_of_the_file() {
    let text = format!("{BASE}\n[[variants]]\nname = \"small\"\ndata.latent_dim = 4\nseed = 3\n");
    let seeds = |arguments: &[&str]| -> Vec<(String, usize, u64)> {
        let found = points(&text, arguments).unwrap();
        let shared = |point: &Point| (point.spec.shared.latent_dim(), point.spec.shared.seed);
        found.iter().map(|p| (p.variant.clone().unwrap(), shared(p).0, shared(p).1)).collect()
    };
    assert_eq!(seeds(&["seed=9"]), [("small".to_owned(), 4, 9)]);
    let typed = ["variants=[{name=\"x\", seed=5}, {name=\"y\", batch.anchors=6}]", "seed=9"];
    assert_eq!(seeds(&typed), [("x".to_owned(), 8, 5), ("y".to_owned(), 8, 9)]);
}

/// The file that holds M.
fn dictionary_file(spec: &Spec) -> String {
    let dictionary = spec.shared.data.given().part::<Box<dyn DictionarySource>>("dictionary").unwrap();
    assert_eq!(dictionary.kind(), "file");
    dictionary.given().text("path").unwrap().to_owned()
}

/// A setting that takes a text takes what was typed, whatever else that might be.
#[test]
fn texts_are_taken_as_typed() {
    for text in [
        "2026-09-30",
        "007",
        "1e5",
        "true",
        "[a]",
        "[1, 2]",
        "{a=1}",
        "a=b",
        "a # b",
        "1979-05-27T07:32:00Z",
        "inf",
    ] {
        let found = spec(BASE, &[&format!("experiment={text}")]).unwrap();
        assert_eq!(found.shared.experiment.as_deref(), Some(text));
        let arms = format!("{BASE}{ARMS}");
        let found = spec(&arms, &[&format!("arms.b.training.fork={text}")]).unwrap();
        assert_eq!(found.arms[1].1.training.fork.as_deref(), Some(text));
        let path = ["data.dictionary.kind=file", &format!("data.dictionary.path=/m/{text} b.npy")];
        assert_eq!(dictionary_file(&spec(BASE, &path).unwrap()), format!("/m/{text} b.npy"));
    }
    let path = |text: &str| {
        let arguments = ["data.dictionary.kind=file".to_owned(), format!("data.dictionary.path={text}")];
        points(BASE, &arguments.each_ref().map(String::as_str)).unwrap()
    };
    let absolute = std::path::absolute("2026").unwrap();
    assert_eq!(dictionary_file(&path("2026").remove(0).spec), absolute.display().to_string());
    assert_eq!(path("[\"/a.npy\", \"/b.npy\"]").len(), 2, "a list of quoted paths is a list");
    assert_eq!(spec(BASE, &["experiment='a b'"]).unwrap().shared.experiment.as_deref(), Some("a b"));
    let dated = message(&format!("experiment = 2026-09-30\n{BASE}"), &[]);
    assert!(dated.contains("expected a text, in quotes"), "{dated}");
}

/// Words need no quotes, also in lists; numbers may leave the nought before the point out.
#[test]
fn values_are_read_as_a_person_types_them() {
    let kinds = points(BASE, &["bias.kind=[zero, staged]", "objective.temperature=[.5,2.]"]).unwrap();
    assert_eq!(kinds.len(), 4);
    assert_eq!(spec(BASE, &["seed=0x10"]).unwrap().shared.seed, 16);
    assert_eq!(spec(BASE, &["seed=1_000"]).unwrap().shared.seed, 1000);
    assert_eq!(spec(BASE, &["seed=9223372036854775807"]).unwrap().shared.seed, i64::MAX as u64);
    let plain = spec(BASE, &["data.noise_variance=0"]).unwrap();
    assert_eq!(plain.resolved, spec(BASE, &["data.noise_variance=-0.0"]).unwrap().resolved);
}

/// A number that cannot be used is shown as it was typed, with the range.
#[test]
fn numbers_out_of_range_are_refused_as_they_were_typed() {
    let seed = "a whole number from 0 to 9223372036854775807";
    let count = "a whole number from 1 to 4294967295";
    let positive = "a number in [1e-37, 1e37]";
    for (argument, expected) in [
        ("seed=9223372036854775808", seed),
        ("seed=18446744073709551616", seed),
        ("seed=-1", seed),
        ("seed=1e19", seed),
        ("seed=1e18", "2^53 and more is not read from a point or an exponent"),
        ("seed=true", seed),
        ("seed=nan", seed),
        ("seed=inf", seed),
        ("seed=1.5", seed),
        ("seed=1 # 2", seed),
        ("seed=1\nbatch.anchors=2", seed),
        ("batch.anchors=-0.5", count),
        ("batch.anchors=4294967296", count),
        ("training.steps=1e-3", "from 0 to 4294967295"),
        ("objective.temperature=1e-40", positive),
        ("objective.temperature=1e39", positive),
        ("objective.temperature=1e400", positive),
        ("objective.temperature=0", positive),
        ("objective.temperature=-0.0", positive),
        ("objective.temperature=-inf", positive),
        ("objective.temperature=true", positive),
        ("training.learning_rate=1e-46", positive),
        ("training.weight_decay=1e-40", "0 or a number in [1e-37, 1e37]"),
        ("network.initial_norm=1e-42", "a number in [1e-18, 1e18]"),
        ("data.latent.activity=1e-12", "a number in [1e-6, 1]"),
        ("augmentation.keep_rate=1e-9", "a number in [1e-6, 1]"),
        ("probe.labels=[1, 4294967296]", "from 1 to 4294967295"),
    ] {
        let text = message(BASE, &[argument]);
        let (key, typed) = argument.split_once('=').unwrap();
        assert!(text.contains(&format!("{key} = {typed} (command line)")), "{text}");
        assert!(text.contains(expected), "{text}");
    }
    let file = message(&format!("seed = 9223372036854775808\n{BASE}"), &[]);
    assert!(file.contains("spec.toml") && file.contains("9223372036854775807"), "{file}");
}
