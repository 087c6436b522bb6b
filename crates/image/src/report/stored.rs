//! Run folders that differ in the seed, read for their report.

use super::ImageReportError;
use crate::arrays::{self, Array, ArraysError};
use crate::measure::chroma;
use crate::network::Architecture;
use crate::run::{self, Folder, FolderError, MEASUREMENTS, Measurements, Record};
use crate::settings::{Arm, Settings};
use std::path::{Path, PathBuf};

/// Everything that a report is made of.
pub struct StoredRun {
    /// Name of its folder, or of the folder around those of its seeds.
    pub name: String,
    /// What was asked for, of the first seed.
    pub settings: Settings,
    /// Its seeds.
    pub seeds: Vec<u64>,
    /// Arms of which at least one seed has ended.
    pub arms: Vec<StoredArm>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// What could not be read.
    pub notes: Vec<String>,
}

/// An arm with the seeds that have ended.
pub struct StoredArm {
    /// Its name.
    pub name: String,
    /// Its settings.
    pub arm: Arm,
    /// Its place among the arms, which gives its colour.
    pub place: usize,
    /// Its seeds.
    pub seeds: Vec<StoredSeed>,
}

/// One seed of an arm.
pub struct StoredSeed {
    /// The seed.
    pub seed: u64,
    /// One per epoch.
    pub records: Vec<Record>,
    /// Pictures per second of training.
    pub speed: Option<f64>,
    /// First-layer filters, by epoch.
    pub filters: Vec<(usize, Array)>,
    /// What was read at the end.
    pub end: Vec<Array>,
}

/// What a seed says at its end.
pub type EndFigure = (&'static str, fn(&StoredSeed) -> Option<f64>);

/// Figures of the table.
pub const END_FIGURES: [EndFigure; 10] = [
    ("linear probe", |seed| seed.measured()?.probe),
    ("nearest neighbours", |seed| seed.measured()?.neighbours),
    ("firing density", |seed| seed.measured()?.firing_density),
    ("alignment", |seed| seed.measured()?.alignment),
    ("uniformity", |seed| seed.measured()?.uniformity),
    ("effective rank", |seed| seed.measured()?.effective_rank),
    ("chroma of filters", |seed| seed.measured()?.filter_chroma),
    ("single cosine atoms", |seed| seed.measured()?.cosine_atoms),
    ("chroma of units", StoredSeed::unit_chroma),
    ("loss", |seed| seed.records.last()?.loss),
];

impl StoredRun {
    /// Reads the runs in these folders, which may differ in nothing but the seed.
    ///
    /// # Errors
    /// If one is no run on pictures, they differ in more, or no arm has ended.
    pub fn open(paths: &[PathBuf]) -> Result<Self, ImageReportError> {
        let mut folders =
            paths.iter().map(|path| Folder::read(path)).collect::<Result<Vec<_>, FolderError>>()?;
        folders.sort_by_key(|folder| folder.settings.seed);
        let Some(first) = folders.first() else { return Err(ImageReportError::Empty(PathBuf::new())) };
        let key = |folder: &Folder| folder.manifest.as_ref().map(|manifest| manifest.setting_key);
        if let Some(other) = folders.iter().find(|folder| key(folder) != key(first)) {
            let [first, other] = [first, other].map(|folder| folder.path().to_path_buf());
            return Err(ImageReportError::Different { first, other });
        }
        let settings = first.settings.clone();
        let (mut arms, mut notes, mut classes) = (Vec::new(), Vec::new(), Vec::new());
        for (place, (name, arm)) in settings.arms.iter().enumerate() {
            let mut seeds = Vec::new();
            for folder in &folders {
                match read(folder, name, arm)? {
                    Some((stored, names)) => {
                        classes = names;
                        seeds.push(stored);
                    }
                    None => {
                        notes.push(format!("{name}, seed {}: not trained to its end", folder.settings.seed));
                    }
                }
            }
            if !seeds.is_empty() {
                arms.push(StoredArm { name: name.clone(), arm: arm.clone(), place, seeds });
            }
        }
        if arms.is_empty() {
            return Err(ImageReportError::Empty(first.path().to_path_buf()));
        }
        let absolute = std::path::absolute(first.path()).unwrap_or_else(|_| first.path().to_path_buf());
        let named = if folders.len() == 1 { Some(&*absolute) } else { absolute.parent() };
        let name = named.and_then(Path::file_name);
        let name = name.map_or(String::new(), |name| name.to_string_lossy().into_owned());
        let seeds = folders.iter().map(|folder| folder.settings.seed).collect();
        Ok(Self { name, settings, seeds, arms, classes, notes })
    }

    /// Whether an arm minimises what the first contrastive arm minimises: what augmentations are compared under.
    pub fn has_usual_objective(&self, arm: &Arm) -> bool {
        let objectives = self.settings.arms.iter().map(|(_, arm)| arm.objective);
        objectives.into_iter().find(|objective| !objective.is_supervised()) == Some(arm.objective)
    }

    /// The network in a few words.
    pub fn network(&self) -> String {
        match self.arms[0].arm.network {
            Architecture::AlexNet { width, kernel, features, .. } => {
                format!("AlexNet-style network, {width} filters of {kernel} × {kernel}, {features} features")
            }
            Architecture::WideResNet { depth, widening_factor, .. } => {
                format!("Wide-ResNet {depth}-{widening_factor}")
            }
            Architecture::Patches { neurons, patch } => {
                format!("symmetric ReLU learner, {neurons} neurons on whitened patches of {patch} × {patch}")
            }
        }
    }
}

/// An arm that has ended, and the names of its classes; `None` where it has not.
fn read(
    folder: &Folder,
    name: &str,
    arm: &Arm,
) -> Result<Option<(StoredSeed, Vec<String>)>, ImageReportError> {
    let Some(end) = folder.end(name) else { return Ok(None) };
    let place = folder.arm(name);
    let pictures = end.steps as f64 * arm.training.batch as f64;
    let speed = (end.training_seconds > 0.0).then(|| pictures / end.training_seconds);
    let path = place.join(run::FILTERS_FILE);
    let (filters, _) = arrays::read(&path).map_err(FolderError::from)?;
    check_filters(&path, &filters).map_err(FolderError::from)?;
    let epoch = |array: &Array| array.name.trim_start_matches("epoch-").parse().unwrap_or(0);
    let path = place.join(run::FINAL_FILE);
    let (end, about) = arrays::read(&path).map_err(FolderError::from)?;
    let about: serde_json::Value = serde_json::from_str(&about).unwrap_or_default();
    let classes = about["classes"].as_array().into_iter().flatten();
    let classes: Vec<String> = classes.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    check_end(&path, &end, classes.len()).map_err(FolderError::from)?;
    let stored = StoredSeed {
        seed: folder.settings.seed,
        records: folder.records(name).map_err(FolderError::from)?,
        speed,
        filters: filters.into_iter().map(|array| (epoch(&array), array)).collect(),
        end,
    };
    Ok(Some((stored, classes)))
}

/// What is drawn of filters: the same pictures of three colours at every epoch.
fn check_filters(path: &Path, filters: &[Array]) -> Result<(), ArraysError> {
    let expected = filters.last().map(|array| &array.shape);
    match filters.iter().find(|array| !array.is_of_pictures() || Some(&array.shape) != expected) {
        Some(array) => Err(ArraysError::content(
            path,
            format!(
                "`{}` is {:?}; filters × 3 × height × width are expected, the same at all epochs",
                array.name, array.shape
            ),
        )),
        None => Ok(()),
    }
}

/// What is drawn of the end: one row or number per picture or unit, and labels that name a class.
fn check_end(path: &Path, end: &[Array], classes: usize) -> Result<(), ArraysError> {
    let length =
        |name: &str| end.iter().find(|array| array.name == name).map(|array| array.shape.first().copied());
    for array in end {
        let (fits, expected) = match array.name.as_str() {
            "units" | "views" => (array.is_of_pictures(), "pictures × 3 × height × width".to_owned()),
            "features" | "firing" => (
                array.shape.len() == 2 && Some(array.shape.first().copied()) == length("labels"),
                "a matrix with a row per label".to_owned(),
            ),
            "labels" => {
                let is_class = |&label: &f32| label.fract() == 0.0 && (0.0..classes as f32).contains(&label);
                let fits = array.shape.len() == 1 && array.values.iter().all(is_class);
                (fits, format!("a list of whole numbers below {classes}, the number of classes"))
            }
            "unit_channels" | "unit_activations" => (
                array.shape.len() == 1 && Some(array.shape.first().copied()) == length("units"),
                "a number per picture of a unit".to_owned(),
            ),
            _ => continue,
        };
        if !fits {
            let problem = format!("`{}` of shape {:?} is not {expected}", array.name, array.shape);
            return Err(ArraysError::content(path, problem));
        }
    }
    Ok(())
}

impl StoredSeed {
    /// What was measured last.
    pub fn measured(&self) -> Option<&Measurements> {
        self.records.iter().rev().find_map(|record| record.measured.as_ref())
    }

    /// An array of the end.
    pub fn array(&self, name: &str) -> Option<&Array> {
        self.end.iter().find(|array| array.name == name)
    }

    /// Mean chroma energy share of the units' pictures.
    pub fn unit_chroma(&self) -> Option<f64> {
        chroma::of_pictures(self.array("units")?.parts())
    }
}

impl StoredArm {
    /// A figure of the end, of every seed that has it.
    pub fn at_end(&self, read: fn(&StoredSeed) -> Option<f64>) -> Vec<f64> {
        self.seeds.iter().filter_map(read).collect()
    }

    /// Pictures per second, mean over seeds.
    pub fn speed(&self) -> Option<f64> {
        let speeds: Vec<f64> = self.seeds.iter().filter_map(|seed| seed.speed).collect();
        (!speeds.is_empty()).then(|| speeds.iter().sum::<f64>() / speeds.len() as f64)
    }

    /// A measured figure over epochs: (epoch, the value of every seed).
    pub fn curve(&self, figure: usize) -> Vec<(usize, Vec<f64>)> {
        let read = MEASUREMENTS[figure].read;
        let mut points: Vec<(usize, Vec<f64>)> = Vec::new();
        for record in self.seeds.iter().flat_map(|seed| &seed.records) {
            let Some(value) = record.measured.as_ref().and_then(read) else { continue };
            match points.iter_mut().find(|(epoch, _)| *epoch == record.epoch) {
                Some((_, values)) => values.push(value),
                None => points.push((record.epoch, vec![value])),
            }
        }
        points.sort_by_key(|point| point.0);
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(name: &str, shape: &[usize], value: f32) -> Array {
        Array::new(name, shape, vec![value; shape.iter().product()])
    }

    fn sound() -> Vec<Array> {
        vec![
            array("features", &[4, 5], 0.5),
            array("firing", &[4, 2], 0.0),
            array("labels", &[4], 1.0),
            array("unit_channels", &[3], 2.0),
            array("units", &[3, 3, 2, 2], 0.5),
            array("unit_activations", &[3], 2.0),
            array("views", &[2, 3, 2, 2], 0.5),
        ]
    }

    /// Arrays that are whole, but of other shapes or with other numbers than pictures are drawn from.
    #[test]
    fn arrays_that_do_not_fit_are_refused_by_name() {
        let path = Path::new("end.safetensors");
        assert!(check_end(path, &sound(), 2).is_ok());
        let mut refused = 0;
        for at in 0..sound().len() {
            let name = sound()[at].name.clone();
            let flat = sound()[at].values.len();
            let others =
                [array(&name, &[flat + 1], 1.0), array(&name, &[1, 1, 1, 1], 1.0), array(&name, &[], 1.0)];
            for other in others {
                let mut end = sound();
                end[at] = other;
                let error = check_end(path, &end, 2).expect_err(&name).to_string();
                assert!(error.contains('`') && error.contains("end.safetensors"), "{error}");
                refused += 1;
            }
        }
        for odd in [-1.0, 0.5, 2.0, 1e30, f32::NAN] {
            let mut end = sound();
            end[2].values[3] = odd;
            let error = check_end(path, &end, 2).expect_err("no class").to_string();
            assert!(error.contains("`labels`") && error.contains("below 2"), "{error}");
            refused += 1;
        }
        assert_eq!(refused, 7 * 3 + 5);

        let filters = [array("epoch-0", &[2, 3, 4, 4], 1.0), array("epoch-1", &[2, 3, 4, 4], 1.0)];
        assert!(check_filters(path, &filters).is_ok() && check_filters(path, &[]).is_ok());
        for shape in [&[1, 3, 4, 4][..], &[2, 1, 4, 4], &[2, 3, 16], &[2, 3, 0, 0]] {
            let filters = [array("epoch-0", shape, 1.0), filters[1].clone()];
            assert!(
                check_filters(path, &filters).expect_err("another shape").to_string().contains("`epoch-0`")
            );
        }
    }
}
