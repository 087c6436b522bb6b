//! A second paper beside the first: a value of texts and functions, shipped, and everything knows it.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use featurescope_lab::claim::judge::judge;
use featurescope_lab::claim::{Scoreboard, Verdict, claims, judge_shipped};
use featurescope_lab::evidence::{Gap, Moment, ON_SPARSE_CODES, Subject};
use featurescope_lab::experiments::{self, Experiment};
use featurescope_lab::paper::{Destiny, Name, Paper, Quantity, Role, RoleFile, Standing, ship, shipped};
use featurescope_lab::plan::{ClosedForms, Plan, Prediction};
use featurescope_lab::reference::{entries, search};
use featurescope_lab::report::{of_judged_runs, run_folders};
use featurescope_lab::run::{RunDirectory, execute};
use featurescope_lab::spec::{Layer, Spec};
use featurescope_lab::stats::Range;
use featurescope_wen_li_2021::PAPER;
use std::path::Path;
use std::sync::atomic::AtomicBool;

const ROLES: &str = r#"
[[role]]
name = "wide"
words = "more neurons than atoms"
when = [{ ratio = ["network.width", "data.latent_dim"], at_least = 1 }]
"#;

const CLAIMS: &str = r#"
[[claim]]
id = "Proposition 99"
catalogue = "99"
title = "Wide learners have a loss"
statement = "The loss of a wide learner is a number."
formula = "0 ≤ L < ∞"
finite_size = "Exact."
about = "end"
refuted_by = "A loss beyond all bounds."

[[claim.tests]]
kind = "at_one_size"
arms = ["wide"]
quantity = "loss_per_neuron"
at = "end"
at_most = 1.0
"#;

fn loss_per_neuron(subject: &Subject<'_>, at: Moment) -> Result<f64, Gap> {
    Ok(subject.column("loss", at)? / subject.width() as f64)
}

static SECOND: Paper = Paper {
    name: "nobody-2099",
    title: "Nobody, On wide learners, 2099",
    runs: &ON_SPARSE_CODES,
    claims: &[("all.toml", CLAIMS)],
    roles: RoleFile::new(ROLES),
    quantities: &[&[Quantity::new(
        "loss_per_neuron",
        "the loss over the number of neurons",
        loss_per_neuron,
    )]],
    range: |_, _| Range::Within(0.0, f64::INFINITY),
    idleness: &[],
    standing: |_, _| Standing::Meant,
    destiny: Destiny { read: |_, _| None, told: &[] },
    closed_forms: ClosedForms {
        predict: |_, _| Prediction { t1: Some(7.0), ..Prediction::default() },
        obstacle: |_| Some("nothing stands in the way".to_owned()),
        open: |_| None,
    },
    experiments: &[Experiment {
        name: "wide",
        is_judged: true,
        readme: "# Are wide learners better?\n",
        spec: "",
        smoke: "",
    }],
    board: None,
};

const SMALL: &str = "
[data]
latent_dim = 8
ambient_dim = 64
[network]
width = 12
[batch]
anchors = 16
negatives = 8
[training]
steps = 4
[probe]
labels = []
[arms.masked]
";

fn plan(seed: u64, overrides: &[&str]) -> Plan {
    let overrides = overrides.iter().map(ToString::to_string).chain([format!("seed={seed}")]);
    let overrides = Layer::overrides(&overrides.collect::<Vec<_>>()).unwrap();
    let spec = Spec::from_layers(&[Layer::parse(SMALL, "small", Path::new("")).unwrap(), overrides]).unwrap();
    Plan::new(&spec, "small").unwrap()
}

#[test]
fn a_second_paper_is_judged_by_itself_and_known_everywhere() {
    ship(&[&PAPER, &SECOND]);
    ship(&[&SECOND]);
    assert_eq!(shipped().len(), 2, "what is shipped twice is there once");

    let folder = tempfile::tempdir().unwrap();
    for seed in 1..=5 {
        let directory = RunDirectory::create_next(folder.path(), "small").unwrap();
        execute(&plan(seed, &[]), &directory, &AtomicBool::new(false), &mut |_| ()).unwrap();
    }
    let runs = run_folders(&[folder.path().to_path_buf()]).unwrap();
    let boards = [&PAPER, &SECOND].map(|paper| judge(paper, &runs).unwrap());
    assert_eq!(boards[0].claims.len(), claims(&PAPER).unwrap().len());
    let [only] = &boards[1].claims[..] else { panic!("{:?}", boards[1].claims) };
    assert_eq!(only.verdict, Verdict::Supported, "{only:?}");
    let finding = &only.tests[0].findings[0];
    assert_eq!(finding.setting.role.words(), "more neurons than atoms");
    // Alone in its family its interval is that of α = .05 and no wider.
    assert!(finding.estimate.as_ref().is_some_and(|estimate| estimate.lower >= 0.0));

    // Where both say something the first one is asked, and the second where it says nothing.
    let arm = &plan(1, &[]).arms[0];
    assert!(arm.prediction.growth.is_some() && arm.prediction.t1 != Some(7.0));
    assert!(arm.foreseen().contains(&"nothing stands in the way".to_owned()));

    assert!(experiments::all().iter().any(|experiment| experiment.name == "wide"));
    let entries = entries().unwrap();
    for name in ["Proposition 99", "loss_per_neuron", "wide"] {
        assert_eq!(search(&entries, name)[0].1.name, name);
    }
    assert_eq!(SECOND.roles().unwrap().all().collect::<Vec<_>>(), [Role::named("wide")]);

    // Only papers that speak of an arm have a board: nobody speaks of narrow learners here but the first.
    let names =
        |boards: Vec<Scoreboard>| -> Vec<Option<Name>> { boards.iter().map(|board| board.paper).collect() };
    let both = [&PAPER, &SECOND].map(|paper| Some(Name::new(paper.name)));
    assert_eq!(names(judge_shipped(&runs).unwrap()), both);
    let directory = RunDirectory::create_next(folder.path(), "narrow").unwrap();
    execute(&plan(1, &["network.width=4"]), &directory, &AtomicBool::new(false), &mut |_| ()).unwrap();
    assert_eq!(names(judge_shipped(&[directory.path().to_path_buf()]).unwrap()), both[..1]);
    // Of an arm that no paper speaks of all boards say so.
    let directory = RunDirectory::create_next(folder.path(), "strange").unwrap();
    let strange = plan(1, &["network.width=4", "training.optimizer.kind=momentum"]);
    execute(&strange, &directory, &AtomicBool::new(false), &mut |_| ()).unwrap();
    assert_eq!(names(judge_shipped(&[directory.path().to_path_buf()]).unwrap()), both);

    let page = of_judged_runs(&runs, &boards).unwrap();
    let ids: Vec<&str> = page.sections.iter().map(|section| section.id.as_str()).collect();
    assert!(ids.contains(&"claims-wen-li-2021") && ids.contains(&"claims-nobody-2099"), "{ids:?}");
}
