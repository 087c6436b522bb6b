//! `featurescope images`: contrastive learning on pictures.

use crate::args::{ImageFeaturesArguments, ImageReportArguments, ImageRunArguments, ImagesCommand};
use crate::commands::RUNS;
use crate::exit::{Exit, UnknownName};
use crate::image_progress::ImageProgress;
use crate::progress::Activity;
use crate::{interrupt, output};
use anyhow::{Context, Result, bail};
use featurescope_image::feature;
use featurescope_image::measure::chroma;
use featurescope_image::report::{StoredRun, claims, write_for_run};
use featurescope_image::run::{Folder, Makings};
use featurescope_image::settings::{Layer, Settings};
use featurescope_image::train::{Ending, Source, checkpoint, execute, require_feasible};
use featurescope_image::{device, experiments};
use featurescope_lab::host::use_threads;
use featurescope_lab::identity::Digest;
use featurescope_lab::report::gallery::{Gallery, GalleryRow, Picture};
use featurescope_lab::report::page::{Provenance, Section, show};
use featurescope_lab::report::{Block, Page, write};
use featurescope_lab::spec::registry::nearest;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Does what is asked.
pub fn images(command: &ImagesCommand) -> Result<Exit> {
    match command {
        ImagesCommand::Run(arguments) => run(arguments),
        ImagesCommand::Report(arguments) => report(arguments),
        ImagesCommand::Features(arguments) => features(arguments),
    }
}

/// The layers of an experiment, in its smaller version if that is asked for, and its name.
fn experiment(name: &str, smoke: bool) -> Result<(Vec<Layer>, String)> {
    if let Some(shipped) = experiments::find(name) {
        let texts = [shipped.spec, shipped.smoke];
        let texts = if smoke { &texts[..] } else { &texts[..1] };
        let layers = texts.iter().map(|text| Layer::parse(text, Path::new(""))).collect::<Result<_, _>>()?;
        return Ok((layers, shipped.name.to_owned()));
    }
    let path = Path::new(name);
    if !path.is_file() {
        let suggestion = nearest(name, experiments::EXPERIMENTS.iter().map(|shipped| shipped.name));
        return Err(UnknownName {
            name: name.to_owned(),
            expected: "an experiment on pictures (images-synthetic, images-cifar10, …) or the path of a spec",
            suggestion: suggestion.map(ToOwned::to_owned),
        }
        .into());
    }
    let read = |path: &Path| -> Result<Layer> {
        let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Layer::parse(&text, folder).with_context(|| path.display().to_string())
    };
    let mut layers = vec![read(path)?];
    if smoke {
        let smaller = path.with_file_name("smoke.toml");
        let how = "--smoke needs this file beside the spec, with the settings that make the run small";
        layers.push(read(&smaller).context(how)?);
    }
    let stem = path.file_stem().map_or("images".to_owned(), |stem| stem.to_string_lossy().into_owned());
    Ok((layers, stem))
}

fn run(arguments: &ImageRunArguments) -> Result<Exit> {
    if let Some(threads) = arguments.threads {
        use_threads(usize::from(threads)).context("cannot start the threads")?;
    }
    let (mut layers, name) = experiment(&arguments.experiment, arguments.smoke)?;
    layers.push(Layer::overrides(&arguments.overrides, arguments.data.as_deref())?);
    let settings = Settings::from_layers(&layers)?;
    let device = device::find(&arguments.device)?;
    interrupt::may_end("no epoch was trained");
    let reading = Activity::on_terminal(arguments.quiet, "reading the pictures");
    let source = Source::open(&settings, cache().as_deref())?;
    drop(reading);
    require_feasible(&settings, &source, &device)?;
    let makings = Makings { settings: &settings, pictures: source.digest(), device: &arguments.device };
    // The same command names the same folder, so that it goes on with what is there.
    let place =
        arguments.out.clone().unwrap_or_else(|| Path::new(RUNS).join(format!("{name}-{}", makings.id())));
    let folder = Folder::open(&place, makings)?;
    interrupt::has_to_save("the same command goes on from the last epoch");
    let mut progress = ImageProgress::new(arguments.quiet);
    let ending =
        execute(&settings, &source, &folder, &device, interrupt::flag(), &mut |event| progress.show(&event))
            .with_context(|| format!("the run stopped; what it has so far is in {}", place.display()))?;
    drop(progress);
    interrupt::may_end(format!(
        "the results are complete in {place}, `featurescope images report {place}` makes their report",
        place = place.display()
    ));
    if ending == Ending::Interrupted {
        output::note(&format!("interrupted; the same command goes on with {}", place.display()));
        return Ok(Exit::Interrupted);
    }
    if arguments.json {
        output::print(&(serde_json::to_string_pretty(&claims(&StoredRun::open(&place)?))? + "\n"))?;
    } else if !arguments.quiet {
        for claim in claims(&StoredRun::open(&place)?) {
            output::print(&format!("{:<12} {}  ({})\n", claim.word, claim.statement, claim.text))?;
        }
    }
    if !arguments.no_report {
        let drawing = Activity::start(arguments.quiet, "drawing the report");
        let path = write_for_run(&place, arguments.figures.asked_for())?;
        drop(drawing);
        if !arguments.json && !arguments.quiet {
            output::print(&format!("\n{}\n", path.display()))?;
        }
    }
    Ok(if ending == Ending::Diverged { Exit::Diverged } else { Exit::Success })
}

/// Where decoded pictures are kept between runs, where the system has a place for such files.
fn cache() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?.join("featurescope");
    fs::create_dir_all(&folder).is_ok().then_some(folder)
}

fn report(arguments: &ImageReportArguments) -> Result<Exit> {
    interrupt::may_end("the run is as it was; the report is not complete, the same command makes it");
    let drawing = Activity::start(false, "drawing the report");
    let path = write_for_run(&arguments.run, arguments.figures.asked_for())?;
    drop(drawing);
    output::print(&format!("{}\n", path.display()))?;
    Ok(Exit::Success)
}

/// Pictures of a layer's units, as a page of their own.
fn features(arguments: &ImageFeaturesArguments) -> Result<Exit> {
    let device = device::find(&arguments.device)?;
    let stored = checkpoint::read(&arguments.checkpoint)?;
    let (network, parameters) = stored.network(&device);
    let layers = network.encoder.layers();
    let names: Vec<&str> = layers.iter().map(|(name, _)| name.as_str()).collect();
    let layer = arguments.layer.as_deref().or(names.last().copied()).unwrap_or_default();
    let Some((_, channels)) = layers.iter().find(|(name, _)| name == layer) else {
        return Err(UnknownName {
            name: layer.to_owned(),
            expected: "a layer of this network",
            suggestion: nearest(layer, names.iter().copied()).map(ToOwned::to_owned),
        }
        .into());
    };
    let chosen: Vec<usize> = (0..usize::from(arguments.units).min(*channels)).collect();
    let side = stored.about.side;
    let steps = usize::from(arguments.steps);
    let ascending = Activity::start(false, format!("looking for what {} units look for", chosen.len()));
    let Some(found) = feature::maximise((&network, &parameters), layer, &chosen, side, steps, &device) else {
        bail!("the layer {layer} cannot be looked at");
    };
    drop(ascending);
    let shares: Vec<f64> = found.pictures.iter().map(|planes| chroma::of_picture(planes)).collect();
    let pictures = found.pictures.iter().zip(&found.activations).zip(&shares).enumerate().map(
        |(unit, ((planes, activation), share))| {
            let label = format!("unit {unit}: reaches {activation:.2}, chroma {}", show(Some(*share)));
            Picture::from_planes(planes, [side, side], label)
        },
    );
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    let row = GalleryRow {
        name: format!("{layer}, {channels} units"),
        note: format!("chroma share {}", show(Some(mean))),
        pictures: pictures.collect(),
    };
    let about = &stored.about;
    let gallery = Gallery {
        id: "units".to_owned(),
        title: format!("What units of {layer} look for"),
        caption: format!("{steps} steps of gradient ascent. Layers of this network: {}.", names.join(", ")),
        rows: vec![row],
    };
    let page = Page {
        title: format!("Features of {}", about.arm),
        subtitle: format!("arm {}, seed {}, after {} epochs", about.arm, about.seed, about.epoch),
        provenance: Provenance {
            command: format!(
                "featurescope images features {} --layer {layer}",
                arguments.checkpoint.display()
            ),
            source: format!("checkpoint {}", Digest::of_file(&arguments.checkpoint)?.short()),
        },
        sections: vec![Section {
            id: "units".to_owned(),
            title: "Units".to_owned(),
            blocks: vec![Block::Gallery(gallery)],
            ..Section::default()
        }],
        notes: Vec::new(),
    };
    let out: PathBuf = arguments.out.clone().unwrap_or_else(|| PathBuf::from("features"));
    let path = write(&page, &out)?;
    output::print(&format!("{}\n", path.display()))?;
    Ok(Exit::Success)
}
