//! A training in Python, watched: the readings of `lab::monitor` and their folder.

use crate::diagnose::{GivenArray, GivenLabels};
use crate::error;
use crate::table::Columns;
use featurescope_lab::array_file::Scalars;
use featurescope_lab::diagnose::{Arrays, DiagnoseError, Study, find};
use featurescope_lab::monitor::{Course, MonitorFolder, Settings, columns, curves, page};
use featurescope_lab::report::{still, write};
use featurescope_lab::status::Status;
use featurescope_lab::store::Records;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::time::Instant;

/// The readings of a training, and the folder that they lie in.
#[pyclass(module = "featurescope._featurescope")]
pub struct Watch {
    course: Course,
    labels: Option<Scalars>,
    folder: Option<MonitorFolder>,
}

#[pymethods]
impl Watch {
    /// Nothing so far, and no folder.
    #[new]
    fn new(
        layers: Vec<String>,
        every: u32,
        samples: u32,
        has_views: bool,
        labels: Option<GivenLabels<'_>>,
    ) -> PyResult<Self> {
        error::refuse_fork()?;
        let settings = Settings { layers, every, samples, has_views, has_labels: labels.is_some() };
        let course = Course::new(settings).map_err(error::setting)?;
        Ok(Self { course, labels: labels.map(|labels| labels.read()), folder: None })
    }

    /// Begins the folder `out`, or the next free one under `parent`, and writes what was read so far.
    fn begin(&mut self, py: Python<'_>, out: Option<PathBuf>, parent: PathBuf) -> PyResult<()> {
        let begun = MonitorFolder::begin(out.as_deref(), &parent, &self.course.settings);
        self.folder = Some(begun.map_err(error::run)?);
        self.write(py, "running")
    }

    /// Takes up the features of all layers at a step; what is new to be told: layer, subject and sentence.
    /// `seconds`: what it took to compute the features.
    fn read(
        &mut self,
        py: Python<'_>,
        step: u64,
        features: Vec<GivenArray<'_>>,
        pairs: Vec<GivenArray<'_>>,
        seconds: f64,
    ) -> PyResult<Vec<(String, String)>> {
        let begun = Instant::now();
        let arrays = Arrays {
            representations: features.iter().map(GivenArray::read).collect(),
            pairs: pairs.iter().map(GivenArray::read).collect(),
            labels: self.labels.clone().map(|labels| ("labels".to_owned(), labels)),
            label_kind: None,
            unlabelled: None,
            samples: self.course.settings.samples as usize,
        };
        let found = error::detached(py, move || {
            let study = Study::of_arrays(&arrays)?;
            let findings = find(&study);
            Ok::<_, DiagnoseError>((study, findings))
        })?;
        let (study, findings) = found.map_err(error::run)?;
        let seconds = seconds + begun.elapsed().as_secs_f64();
        let told = self.course.record(step, &study, &findings, seconds);
        Ok(told.iter().map(|notice| (notice.layer.clone(), notice.text.clone())).collect())
    }

    /// Writes what was read so far, if there is a folder. `status`: `running`, `finished` or `interrupted`.
    fn write(&mut self, py: Python<'_>, status: &str) -> PyResult<()> {
        let status = match status {
            "finished" => Status::Finished,
            "interrupted" => Status::Interrupted,
            _ => Status::Running,
        };
        let (course, folder) = (&self.course, self.folder.as_mut());
        let written = error::detached(py, || folder.map_or(Ok(()), |folder| folder.write(course, status)))?;
        written.map_err(error::run)
    }

    /// The folder, if there is one.
    #[getter]
    fn path(&self) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.path().to_path_buf())
    }

    /// The table of a layer's readings.
    fn records(&self, layer: &str) -> Option<Columns> {
        let layer = self.course.layers.iter().find(|known| known.name == layer)?;
        let values = |at: usize| layer.records.iter().map(|(_, values)| values[at]).collect();
        let named =
            columns().into_iter().enumerate().map(|(at, column)| (column.name.to_owned(), values(at)));
        Some(Columns::of_records(Records {
            steps: layer.records.iter().map(|(step, _)| *step).collect(),
            columns: named.collect(),
        }))
    }

    /// The curves as SVG; none before the first reading.
    fn curves(&self, py: Python<'_>) -> PyResult<Option<String>> {
        let drawn = error::detached(py, || {
            let figure = curves(&self.course);
            (!figure.panels.is_empty()).then(|| still::svg(&figure, "")).transpose()
        })?;
        drawn.map_err(error::run)
    }

    /// Writes the page and its figures into a folder: the page's path.
    fn report(&self, py: Python<'_>, out: PathBuf) -> PyResult<PathBuf> {
        let written = error::detached(py, || write(&page(&self.course), &out))?;
        written.map_err(error::run)
    }
}
