//! What a page asks, and what it gets: JSON, and beside it numbers that need no parsing.

use crate::reading::{self, Firing};
use crate::sample::{Sample, Samples};
use crate::session::{Session, State};
use crate::settings::{self, Choice};
use featurescope_sim::measure::{Column, Record};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a page asks.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// The list of settings.
    Settings,
    /// A learner at its start; the one before goes.
    Open(Choice),
    /// Whether other settings may hold from here on; nothing changes.
    Check(Choice),
    /// Other settings from here on.
    Change(Choice),
    /// So many steps, or as many as there are; the figures of every step are the array `records`.
    Step(u32),
    /// The state at a step that was reached before.
    Seek(u64),
    /// A sample of the next step's batch, by its row.
    Sample(u32),
    /// What each neuron fires for.
    Firing,
    /// What linear probes read off the features.
    Probe,
}

/// What a page gets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// JSON: `{"error": …}`, or an object whose `arrays` names what is in `numbers`, in that order.
    pub text: String,
    /// All arrays, one after the other, row by row.
    pub numbers: Vec<f64>,
}

/// An array in [`Answer::numbers`].
#[derive(Debug, Serialize)]
struct Named {
    name: &'static str,
    rows: usize,
    cols: usize,
}

/// The learner of a page; there is none before the first [`Request::Open`].
#[derive(Default)]
pub struct Lab {
    session: Option<Session>,
    samples: Option<Samples>,
}

/// Collects arrays.
#[derive(Default)]
struct Arrays {
    named: Vec<Named>,
    numbers: Vec<f64>,
}

impl Arrays {
    /// Adds an array of rows of `cols` numbers.
    fn add(&mut self, name: &'static str, cols: usize, values: impl IntoIterator<Item = f64>) {
        let before = self.numbers.len();
        self.numbers.extend(values);
        let rows = (self.numbers.len() - before).checked_div(cols).unwrap_or(0);
        self.named.push(Named { name, rows, cols });
    }

    fn add_row(&mut self, name: &'static str, values: &[f32]) {
        self.add(name, values.len(), values.iter().map(|&v| f64::from(v)));
    }

    /// The answer: `about`, an object, with the names of the arrays.
    fn answer(self, mut about: Value) -> Answer {
        about["arrays"] = json!(self.named);
        Answer { text: about.to_string(), numbers: self.numbers }
    }
}

impl Lab {
    /// Answers a request in JSON.
    pub fn answer(&mut self, request: &str) -> Answer {
        let answer = match serde_json::from_str(request) {
            Ok(request) => self.carry_out(request),
            Err(error) => Err(format!("the request cannot be read: {error}")),
        };
        answer.unwrap_or_else(|error| Answer {
            text: json!({ "error": error }).to_string(),
            ..Answer::default()
        })
    }

    fn carry_out(&mut self, request: Request) -> Result<Answer, String> {
        match request {
            Request::Settings => Ok(Arrays::default().answer(json!({ "settings": settings::all() }))),
            Request::Open(choice) => {
                // A choice that is refused leaves the learner that is there.
                self.session = Some(Session::open(&choice)?);
                self.samples = None;
                self.begun()
            }
            Request::Check(choice) => {
                self.session()?.planned_change(&choice)?;
                Ok(Arrays::default().answer(json!({})))
            }
            Request::Change(choice) => {
                self.session()?.change(&choice)?;
                self.samples = None;
                self.begun()
            }
            Request::Step(count) => {
                let session = self.session()?;
                let records: Vec<Record> = (0..count).map_while(|_| session.advance()).collect();
                let (state, columns) = (session.state(), session.columns().len());
                let mut arrays = Arrays::default();
                arrays.add(
                    "records",
                    columns,
                    records.iter().flat_map(|record| record.scalars.iter().copied()),
                );
                Ok(shown(&state, arrays, json!({})))
            }
            Request::Seek(step) => {
                let session = self.session()?;
                session.seek(step)?;
                Ok(shown(&session.state(), Arrays::default(), json!({})))
            }
            Request::Sample(row) => self.sample(row),
            Request::Firing => {
                let session = self.session()?;
                let Firing { rate, noise_rate, given_atom } =
                    reading::firing(session.planned(), session.dynamics())?;
                let (width, mut arrays) = (rate.len(), Arrays::default());
                let atoms = given_atom.len() / width;
                arrays.add("rate", width, rate);
                arrays.add("noise_rate", width, noise_rate);
                arrays.add("given_atom", atoms, given_atom);
                Ok(arrays.answer(json!({})))
            }
            Request::Probe => {
                let session = self.session()?;
                let probed = reading::probe(session.planned(), session.dynamics())?;
                Ok(Arrays::default().answer(json!({ "step": session.step(), "probed": probed })))
            }
        }
    }

    fn session(&mut self) -> Result<&mut Session, String> {
        self.session.as_mut().ok_or_else(|| "no learner has been opened".to_owned())
    }

    /// What a page needs to know once for its settings, and the state.
    fn begun(&mut self) -> Result<Answer, String> {
        let session = self.session()?;
        let planned = session.planned();
        let column = |column: &Column| {
            json!({
                "name": column.name,
                "unit": column.unit,
                "doc": column.doc,
                "title": column.shown.map(|shown| shown.title),
            })
        };
        let about = json!({
            "values": planned.values.iter().cloned().map(|(key, value)| (key, Value::String(value))).collect::<serde_json::Map<_, _>>(),
            "spec": planned.spec,
            "columns": session.columns().iter().map(column).collect::<Vec<_>>(),
            "planned_steps": planned.arm().spec.training.steps,
            "notes": planned.plan.foreseen(),
            "growth": planned.arm().prediction.growth,
            "t1_predicted": planned.arm().prediction.t1,
        });
        Ok(shown(&session.state(), Arrays::default(), about))
    }

    fn sample(&mut self, row: u32) -> Result<Answer, String> {
        let session = self.session.as_ref().ok_or("no learner has been opened")?;
        let samples = match self.samples.take() {
            Some(samples) => samples,
            None => Samples::new(session.planned())?,
        };
        let Sample { code, signal, noise, anchor, positive } = samples.draw(session.step(), row);
        self.samples = Some(samples);
        let mut arrays = Arrays::default();
        for (name, values) in
            [("code", code), ("signal", signal), ("noise", noise), ("anchor", anchor), ("positive", positive)]
        {
            arrays.add_row(name, &values);
        }
        Ok(arrays.answer(json!({})))
    }
}

/// `about` and `arrays` with the state.
fn shown(state: &State, mut arrays: Arrays, mut about: Value) -> Answer {
    about["step"] = json!(state.step);
    about["first_stage_end"] = json!(state.stages.first);
    about["second_stage_end"] = json!(state.stages.second);
    about["stop"] = json!(state.stop);
    arrays.add("cosines", state.cosines.cols(), state.cosines.as_slice().iter().map(|&v| f64::from(v)));
    arrays.add_row("norms", &state.norms);
    arrays.add_row("bias", &state.bias);
    arrays.add("record", state.record.scalars.len(), state.record.scalars.iter().copied());
    arrays.answer(about)
}
