//! One arm of one stored run, as far as every kind of run can tell: what the judge asks.

use super::{Gap, Moment, Subject};
use crate::identity::Settings;
use toml::Value;

/// One arm of one stored run: one seed of one setting.
///
/// [`Subject`] is the one of runs on sparse-coding data. Whoever trains on something else brings another.
pub trait Trial {
    /// Name of the arm.
    fn name(&self) -> &str;

    /// Name of the experiment; empty where the settings give it none.
    fn experiment(&self) -> &str;

    /// Seed of everything random.
    fn seed(&self) -> u64;

    /// Every setting of the arm but the seed and how often it was looked at.
    fn settings(&self) -> Settings;

    /// The value of a setting, its default where it was not given; `None` where the arm does not use it.
    fn value(&self, key: &str) -> Option<&Value>;

    /// A recorded column, the mean over the rows of the moment.
    ///
    /// # Errors
    /// If the column was not recorded, or the moment was not reached.
    fn column(&self, name: &str, moment: Moment) -> Result<f64, Gap>;

    /// All arms of the run, this one among them, in the order of its settings.
    fn arms(&self) -> Vec<Box<dyn Trial + '_>>;

    /// The same with everything that a run on sparse-coding data can tell.
    ///
    /// # Errors
    /// If the run is on something else.
    fn sparse_coding(&self) -> Result<Subject<'_>, Gap> {
        Err(Gap::OtherData)
    }
}

impl Trial for Subject<'_> {
    fn name(&self) -> &str {
        &self.plan.name
    }

    fn experiment(&self) -> &str {
        &self.run.plan.experiment
    }

    fn seed(&self) -> u64 {
        self.run.plan.seed
    }

    fn settings(&self) -> Settings {
        Subject::settings(self)
    }

    fn value(&self, key: &str) -> Option<&Value> {
        Subject::value(self, key)
    }

    fn column(&self, name: &str, moment: Moment) -> Result<f64, Gap> {
        Subject::column(self, name, moment)
    }

    fn arms(&self) -> Vec<Box<dyn Trial + '_>> {
        self.run.subjects().map(|subject| Box::new(subject) as Box<dyn Trial>).collect()
    }

    fn sparse_coding(&self) -> Result<Subject<'_>, Gap> {
        Ok(*self)
    }
}
