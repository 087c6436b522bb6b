use super::notice::Subject;
use super::*;
use crate::array_file::{Entry, Scalars};
use crate::diagnose::{Arrays, MemoryArray, Study, find};
use crate::report::FigureData;
use crate::status::Status;

const SAMPLES: usize = 60;
const NEURONS: usize = 20;

fn noise(i: usize, j: usize) -> f64 {
    ((i * 7919 + j * 104_729 + i * j * 31) % 1009) as f64 / 504.0 - 1.0
}

fn settings() -> Settings {
    Settings {
        layers: vec!["body.0".to_owned(), "head".to_owned()],
        every: 10,
        samples: SAMPLES as u32,
        has_views: false,
        has_labels: true,
    }
}

/// Both layers have these entries.
fn study(entry: fn(usize, usize) -> f64) -> Study {
    let array = |name: &str| MemoryArray {
        name: name.to_owned(),
        extents: [SAMPLES, NEURONS],
        entry: Box::new(move |i, j| Entry::Real(entry(i, j))),
    };
    let labels = Scalars::Whole((0..SAMPLES as i64).map(|i| Some(i % 2)).collect());
    let arrays = Arrays {
        representations: vec![array("body.0"), array("head")],
        pairs: Vec::new(),
        labels: Some(("labels".to_owned(), labels)),
        label_kind: None,
        unlabelled: None,
        samples: SAMPLES,
    };
    Study::of_arrays(&arrays).unwrap()
}

fn record(course: &mut Course, step: u64, entry: fn(usize, usize) -> f64) -> Vec<Notice> {
    let study = study(entry);
    course.record(step, &study, &find(&study), 0.5).to_vec()
}

fn subjects(notices: &[Notice]) -> Vec<Subject> {
    notices.iter().filter(|notice| notice.layer == "head").map(|notice| notice.subject).collect()
}

fn one_line(i: usize, j: usize) -> f64 {
    noise(i, 3) * (j as f64 + 1.0)
}

fn half_dead(i: usize, j: usize) -> f64 {
    if j < NEURONS / 2 { 0.0 } else { noise(i, j) }
}

#[test]
fn each_event_is_told_once_for_each_layer_with_its_step() {
    let mut course = Course::new(settings()).unwrap();
    assert!(record(&mut course, 0, noise).is_empty());
    assert!(record(&mut course, 10, noise).is_empty());
    let told = record(&mut course, 20, one_line);
    assert_eq!(subjects(&told), [Subject::DimensionalCollapse, Subject::RankJump]);
    assert!(told.iter().all(|notice| notice.step == 20) && told.len() == 4);
    assert!(
        told[1].text.starts_with("the effective rank fell from 1")
            && told[1].text.ends_with("steps 10 and 20")
    );
    assert!(record(&mut course, 30, noise).is_empty(), "the rank rises as it fell: told once");
    assert!(record(&mut course, 40, one_line).is_empty());
    let told = record(&mut course, 50, half_dead);
    assert_eq!(subjects(&told), [Subject::DeadNeurons]);
    assert!(told[0].text.starts_with("10 of 20 neurons have died"), "{told:?}");
    let told = record(&mut course, 60, |_, _| 1.0);
    assert_eq!(subjects(&told), [Subject::CompleteCollapse]);
}

/// What was there before the training is what the rest is compared with.
#[test]
fn nothing_is_told_of_the_first_reading() {
    let mut course = Course::new(settings()).unwrap();
    assert!(record(&mut course, 0, half_dead).is_empty());
    // The same neurons are dead as from the start, and the rank is compared from here on.
    assert!(record(&mut course, 10, half_dead).is_empty());
    let mut course = Course::new(settings()).unwrap();
    assert!(record(&mut course, 0, one_line).is_empty());
    assert_eq!(subjects(&record(&mut course, 10, one_line)), [Subject::DimensionalCollapse]);
}

#[test]
fn a_folder_gives_back_what_was_read() {
    let parent = tempfile::tempdir().unwrap();
    let mut course = Course::new(settings()).unwrap();
    let mut folder = MonitorFolder::begin(None, parent.path(), &course.settings).unwrap();
    assert_eq!(folder.path(), parent.path().join("monitor-1"));
    for (step, entry) in [(0, noise as fn(usize, usize) -> f64), (10, noise), (20, one_line)] {
        record(&mut course, step, entry);
        folder.write(&course, Status::Running).unwrap();
    }
    let path = folder.path().to_path_buf();
    let occupied = MonitorFolder::begin(Some(&path), parent.path(), &course.settings).unwrap_err();
    assert!(occupied.to_string().contains("is not empty"), "{occupied}");
    folder.write(&course, Status::Finished).unwrap();
    drop(folder);
    assert!(is_one(&path) && !is_one(parent.path()));
    let again = read(&path).unwrap();
    assert_eq!((&again.settings, &again.notices), (&course.settings, &course.notices));
    for (ours, stored) in course.layers.iter().zip(&again.layers) {
        assert_eq!(ours.name, stored.name);
        for column in columns() {
            let bits = |layer: &Layer| -> Vec<[u64; 2]> {
                layer.curve(column.name).iter().map(|point| point.map(f64::to_bits)).collect()
            };
            assert_eq!((bits(ours), bits(ours).len()), (bits(stored), 3), "{}", column.name);
        }
    }
    let page = report(std::slice::from_ref(&path), &path, FigureData::Small).unwrap();
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("fell from") && html.contains("body.0"));
    assert!(path.join("figures").join("course.svg").is_file());
}

#[test]
fn only_what_was_read_has_a_panel() {
    let mut course = Course::new(settings()).unwrap();
    assert!(curves(&course).panels.is_empty());
    record(&mut course, 0, noise);
    let titles: Vec<String> = curves(&course).panels.into_iter().map(|panel| panel.title).collect();
    assert!(
        titles.contains(&"Linear probe".to_owned()) && !titles.contains(&"Alignment".to_owned()),
        "{titles:?}"
    );
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let problem = |change: fn(&mut Settings)| {
        let mut settings = settings();
        change(&mut settings);
        Course::new(settings).unwrap_err().to_string()
    };
    assert!(problem(|settings| settings.layers.clear()).contains("none is named"));
    assert!(problem(|settings| settings.layers[0] = "a/b".to_owned()).contains("\"a/b\" cannot be"));
    assert!(problem(|settings| settings.layers[0] = "..".to_owned()).contains("\"..\""));
    assert!(problem(|settings| settings.layers[1] = "body.0".to_owned()).contains("twice"));
    assert!(problem(|settings| settings.every = 0).contains("from 1 on"));
}

#[test]
fn several_trainings_are_compared_layer_by_layer() {
    let parent = tempfile::tempdir().unwrap();
    let training = |name: &str, change: fn(&mut Settings), entry: fn(usize, usize) -> f64| {
        let mut settings = settings();
        change(&mut settings);
        let mut course = Course::new(settings).unwrap();
        let out = parent.path().join(name);
        let mut folder = MonitorFolder::begin(Some(&out), parent.path(), &course.settings).unwrap();
        for (step, entry) in [(0, noise as fn(usize, usize) -> f64), (10, entry)] {
            record(&mut course, step, entry);
        }
        folder.write(&course, Status::Finished).unwrap();
        out
    };
    let healthy = training("healthy", |_| (), noise);
    let collapsed = training("collapsed", |settings| settings.layers[0] = "stem".to_owned(), one_line);
    let out = parent.path().join("page");
    let page = report(&[healthy.clone(), collapsed.clone()], &out, FigureData::Small).unwrap();
    let html = std::fs::read_to_string(page).unwrap();
    for expected in
        ["healthy", "collapsed, head", "stem at the end", "body.0 at the end", "No layer collapsed"]
    {
        assert!(html.contains(expected), "{expected}");
    }
    // A layer that one training alone has is drawn too.
    let drawn: Vec<usize> = (0..4).filter(|i| out.join(format!("figures/layer-{i}.svg")).is_file()).collect();
    assert_eq!(drawn, [0, 1, 2]);
    // Other commands say what the folder is; beside other runs it has no page.
    let mixed = are_all(&[healthy.clone(), parent.path().to_path_buf()]).unwrap_err().to_string();
    assert!(
        mixed.contains("is a watched training and") && mixed.contains("make a report for each"),
        "{mixed}"
    );
    assert!(are_all(&[healthy.clone(), collapsed]).unwrap() && !are_all(&[]).unwrap());
    let refused = refuse([&healthy], "judge").unwrap_err().to_string();
    assert!(refused.contains("`judge` cannot use it") && refused.contains("healthy"), "{refused}");
    refuse([&out], "judge").unwrap();
}
