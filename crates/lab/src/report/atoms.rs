//! Neurons against atoms: the alignment matrix through time, who won which atom and when, and whether luck decided.
//!
//! Neurons are sorted by the atom they won, so that what was learned lies on a staircase. Source: Theorem 3.4 (ii, iii);
//! Definition B.1, Lemmas C.1b, D.1a.

use super::figure::{
    Axis, Colour, Entry, Figure, Frame, Heat, Mark, Panel, PlotLayer, Points, Shape, Stroke, digit, slug,
};
use super::stored::{ArmView, StoredRun};
use super::story::{entry, single};
use crate::store::AlignmentHistory;
use featurescope_sim::math::argmax;
use featurescope_sim::measure::{OWNER_COSINE, SINGLETON_COSINE, luck};

/// Digits that the alignment matrices of a page may take together.
const MOST_DIGITS: usize = 2_400_000;

/// The matrix with its slider, and the still of the four moments for every arm.
pub fn alignment(run: &StoredRun, share_of_page: usize) -> Vec<Figure> {
    let arms: Vec<(ArmView<'_>, &AlignmentHistory)> = (run.subjects())
        .filter_map(|arm| arm.stored.alignment.as_ref().map(|history| (arm, history)))
        .filter(|(_, history)| !history.steps.is_empty())
        .collect();
    if arms.is_empty() {
        return Vec::new();
    }
    let budget = MOST_DIGITS / share_of_page.max(1) / arms.len();
    let heats: Vec<(String, Heat)> =
        arms.iter().map(|(arm, history)| (arm.name().to_owned(), heat(arm, history, budget))).collect();
    let panel = |name: &str, note: &str, heat: Heat| Panel {
        title: name.to_owned(),
        note: note.to_owned(),
        x: Axis::linear("neurons, sorted by the atom they won"),
        y: Axis::linear("atom"),
        layers: vec![PlotLayer::Heat(heat)],
        span: 1,
        ..Panel::default()
    };
    let caption = "How much every neuron points along every atom, |cos(w, M)|: pale is unrelated, dark is aligned. Neurons are \
                   sorted by the atom they are closest to at the end, those that won one (|cos| > .7) first: learned atoms form a \
                   staircase. Move the slider through the recorded steps, or jump to the start, T1, T2 and the end.";
    let live = Figure {
        id: "alignment".to_owned(),
        title: "Neurons × atoms".to_owned(),
        caption: caption.to_owned(),
        panels: heats.iter().map(|(name, heat)| panel(name, "", heat.clone())).collect(),
        columns: if heats.len() > 4 { 3 } else { 2 },
        is_live: true,
        ..Figure::default()
    };
    let still = |(name, heat): &(String, Heat)| Figure {
        id: format!("alignment-{}", slug(name)),
        title: format!("Neurons × atoms: {name}"),
        caption: caption.to_owned(),
        panels: moments(heat)
            .into_iter()
            .map(|heat| panel(&heat.frames[0].label.clone(), "", heat))
            .collect(),
        columns: 2,
        is_still: true,
        ..Figure::default()
    };
    std::iter::once(live).chain(heats.iter().map(still)).collect()
}

/// The matrix at the start, T1, T2 and the end, one each.
fn moments(heat: &Heat) -> Vec<Heat> {
    let frames = heat.frames.iter().filter(|frame| frame.moment.is_some());
    frames.map(|frame| Heat { frames: vec![frame.clone()], ..heat.clone() }).collect()
}

/// The frames that fit into `budget` digits, moments first, and the neurons in their order.
fn heat(arm: &ArmView<'_>, history: &AlignmentHistory, budget: usize) -> Heat {
    let (m, d) = (history.width, history.latent_dim);
    let last: Vec<f32> = history.absolute(history.steps.len() - 1).collect();
    let best = |i: usize| {
        let row = &last[i * d..(i + 1) * d];
        argmax(row.iter().map(|&cosine| f64::from(cosine))).map_or((0, 0.0), |atom| (atom, row[atom]))
    };
    let mut order: Vec<(bool, usize, f32, usize)> = (0..m)
        .map(|i| {
            let (atom, cosine) = best(i);
            (f64::from(cosine) <= OWNER_COSINE, atom, cosine, i)
        })
        .collect();
    order.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.total_cmp(&a.2)).then(a.3.cmp(&b.3)));
    let (t1, t2) = arm.end();
    let moment_of = |step: u64| match step {
        0 => Some("start"),
        step if Some(step) == t1 => Some("T1"),
        step if Some(step) == t2 => Some("T2"),
        step if Some(&step) == history.steps.last() => Some("end"),
        _ => None,
    };
    let moments = history.steps.iter().filter(|&&step| moment_of(step).is_some()).count();
    // A learner too large for the page shows the neurons that won something first.
    order.truncate((budget / (moments.max(1) * d.max(1))).max(1));
    let shown = order.len();
    let spare = (budget / (shown * d).max(1)).saturating_sub(moments);
    let others = history.steps.len() - moments;
    let stride = if spare == 0 { usize::MAX } else { others.div_ceil(spare.min(others).max(1)) };
    let mut seen = 0;
    let mut frames = Vec::new();
    for (index, &step) in history.steps.iter().enumerate() {
        let moment = moment_of(step);
        seen += usize::from(moment.is_none());
        if moment.is_none() && (stride == usize::MAX || !(seen - 1).is_multiple_of(stride)) {
            continue;
        }
        let values: Vec<f32> = history.absolute(index).collect();
        let digits = (0..d).flat_map(|j| order.iter().map(move |neuron| (neuron.3, j)));
        let label = match moment {
            Some("start") => "step 0 (start)".to_owned(),
            Some(moment) => format!("step {step} ({moment})"),
            None => format!("step {step}"),
        };
        frames.push(Frame {
            step,
            label,
            moment,
            digits: digits.map(|(i, j)| digit(values[i * d + j])).collect(),
        });
    }
    Heat {
        name: "|cos(w, M)|".to_owned(),
        row_word: "atom".to_owned(),
        rows: (0..d as u32).collect(),
        column_word: "neuron".to_owned(),
        columns: order.iter().map(|neuron| neuron.3 as u32).collect(),
        frames,
    }
}

/// What may become of an atom, and how that looks in legend and panels alike.
struct Fate {
    key: &'static str,
    name: &'static str,
    shape: Shape,
    /// `None`: that of the arm.
    colour: Option<Colour>,
}

const FATES: [Fate; 3] = [
    Fate { key: "one", name: "won by one neuron", shape: Shape::Dot, colour: None },
    Fate { key: "several", name: "won by several (collision)", shape: Shape::Diamond, colour: None },
    Fate { key: "nobody", name: "won by nobody", shape: Shape::Dot, colour: Some(Colour::Grey) },
];

/// Who won which atom, and when.
pub fn ownership(run: &StoredRun) -> Option<Figure> {
    let arms: Vec<ArmView<'_>> = run.subjects().collect();
    let won: Vec<Panel> = arms.iter().filter_map(winners).collect();
    if won.is_empty() {
        return None;
    }
    let panels = single(&arms, "atoms_owned").into_iter().chain(won).collect();
    let mut legend: Vec<Entry> = arms.iter().map(entry).collect();
    legend.extend(FATES.map(|fate| Entry {
        key: fate.key.to_owned(),
        name: fate.name.to_owned(),
        colour: fate.colour.unwrap_or(Colour::Ink),
        stroke: fate.shape.into(),
    }));
    Some(Figure {
        id: "ownership".to_owned(),
        title: "Who won which atom, and when".to_owned(),
        caption: "An atom is owned from the first recorded step at which some neuron has |cos| > .7 with it. A dot is an atom with \
                  at most one neuron of |cos| > .9 at the end, a diamond an atom that several such neurons share; grey dots \
                  on the axis are atoms that nobody owns at the end. Hover for the neuron."
            .to_owned(),
        legend,
        panels,
        columns: 3,
        ..Figure::default()
    })
}

fn winners(arm: &ArmView<'_>) -> Option<Panel> {
    let recorded = &arm.subject.arm.neurons;
    let neurons = recorded.at(recorded.steps.len().checked_sub(1)?)?;
    let atoms = &arm.stored.atoms;
    if atoms.is_empty() {
        return None;
    }
    let rivals = |atom: usize| {
        neurons.iter().filter(|n| n.best_atom == atom && n.alignment() > SINGLETON_COSINE).count()
    };
    let mut layers = Vec::new();
    let mut counts = [0usize; 3];
    for (kind, fate) in FATES.iter().enumerate() {
        let (mut points, mut labels) = (Vec::new(), Vec::new());
        for (atom, entry) in atoms.iter().enumerate() {
            let several = rivals(atom);
            let is = if entry.owner.is_none() { 2 } else { usize::from(several > 1) };
            if is != kind {
                continue;
            }
            counts[kind] += 1;
            points.push([atom as f64, if kind == 2 { 0.0 } else { entry.first_owned.unwrap_or(0) as f64 }]);
            labels.push(match entry.owner {
                None => format!("atom {atom}: nobody"),
                Some(owner) if several > 1 => format!("atom {atom}: neuron {owner} and {} more", several - 1),
                Some(owner) => format!("atom {atom}: neuron {owner}"),
            });
        }
        layers.push(PlotLayer::Points(Points {
            name: arm.name().to_owned(),
            keys: vec![arm.key.clone(), fate.key.to_owned()],
            colour: fate.colour.unwrap_or(arm.colour),
            points,
            labels,
            size: if kind == 2 { 5.0 } else { 7.0 },
            shape: fate.shape,
        }));
    }
    Some(Panel {
        title: arm.name().to_owned(),
        note: format!("{} won by one neuron, {} by several, {} by nobody", counts[0], counts[1], counts[2]),
        x: Axis::linear("atom").between(-1.0, atoms.len() as f64),
        y: Axis { min: Some(0.0), ..Axis::linear("step first owned") },
        layers,
        marks: super::story::stage_marks(std::slice::from_ref(arm))
            .into_iter()
            .map(|mark| Mark { on_x: false, ..mark })
            .collect(),
        span: 1,
    })
}

/// Initial luck against final alignment.
pub fn destiny(run: &StoredRun) -> Option<Figure> {
    let arms: Vec<ArmView<'_>> = run.subjects().collect();
    let panels: Vec<Panel> = arms.iter().filter_map(fates).collect();
    if panels.is_empty() {
        return None;
    }
    let entry = |key: &str, name: &str, colour| Entry {
        key: key.to_owned(),
        name: name.to_owned(),
        colour,
        stroke: Stroke::Dot,
    };
    Some(Figure {
        id: "destiny".to_owned(),
        title: "Destiny: initial luck against final alignment".to_owned(),
        caption: "A dot is a neuron. To the right: how strongly it pointed at its favourite atom before training, in units of (ln d/d) \
                  times its energy along the atoms; upwards: how aligned it ends with whichever atom it is closest to. Dark: the \
                  atom is still the same. Vertical lines are the thresholds of luck, at which the rule of the run calls a neuron \
                  potential and lucky; horizontal ones |cos| = .7 and .9."
            .to_owned(),
        legend: vec![
            entry("kept", "closest to the same atom as at the start", Colour::Hue(0)),
            entry("changed", "closest to another atom", Colour::Grey),
        ],
        columns: if panels.len() > 4 { 3 } else { 2 },
        panels,
        ..Figure::default()
    })
}

fn fates(arm: &ArmView<'_>) -> Option<Panel> {
    let d = arm.subject.latent_dim() as usize;
    let recorded = &arm.subject.arm.neurons;
    let (start, end) = (recorded.at(0)?, recorded.at(recorded.steps.len().checked_sub(1)?)?);
    let is_kept = |i: usize| start[i].best_atom == end[i].best_atom;
    let mut layers = Vec::new();
    for (key, colour, kept) in [("changed", Colour::Grey, false), ("kept", Colour::Hue(0), true)] {
        let chosen: Vec<usize> = (0..start.len()).filter(|&i| is_kept(i) == kept).collect();
        let label = |&i: &usize| {
            if kept {
                format!("neuron {i}: atom {} throughout", start[i].best_atom)
            } else {
                let (first, last) = (start[i].best_atom, end[i].best_atom);
                format!("neuron {i}: atom {first} at the start, {last} at the end")
            }
        };
        layers.push(PlotLayer::Points(Points {
            name: arm.name().to_owned(),
            keys: vec![key.to_owned()],
            colour,
            points: chosen.iter().map(|&i| [luck(&start[i], d), end[i].alignment()]).collect(),
            labels: chosen.iter().map(label).collect(),
            size: 6.0,
            shape: Shape::Dot,
        }));
    }
    let rule = arm.subject.luck();
    let mark = |on_x, at, label: &str| Mark {
        on_x,
        at,
        label: label.to_owned(),
        colour: Colour::Ink,
        keys: Vec::new(),
    };
    let is_aligned = |i: &usize| end[*i].alignment() > OWNER_COSINE;
    let aligned = (0..end.len()).filter(is_aligned).count();
    let kept = (0..end.len()).filter(is_aligned).filter(|&i| is_kept(i)).count();
    let mut marks = vec![mark(true, rule.potential, "potential")];
    if rule.lucky > rule.potential * 1.05 {
        marks.push(mark(true, rule.lucky, "lucky"));
    }
    marks.extend([mark(false, OWNER_COSINE, ".7"), mark(false, SINGLETON_COSINE, ".9")]);
    Some(Panel {
        title: arm.name().to_owned(),
        note: format!("{aligned} neurons end above .7; {kept} of them with their first atom"),
        x: Axis { min: Some(0.0), ..Axis::linear("luck at the start") },
        y: Axis::linear("largest |cos| at the end").between(0.0, 1.0),
        layers,
        marks,
        span: 1,
    })
}
