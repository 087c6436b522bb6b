//! `featurescope images features`: what the units of a stored network look for.

use crate::args::{ImageFeaturesArguments, ImagesCommand};
use crate::exit::{Exit, UnknownName};
use crate::output;
use crate::progress::Activity;
use anyhow::{Result, bail};
use featurescope_image::measure::chroma;
use featurescope_image::train::checkpoint;
use featurescope_image::{device, feature};
use featurescope_lab::identity::Digest;
use featurescope_lab::report::gallery::{Gallery, GalleryRow, Picture};
use featurescope_lab::report::page::{Provenance, Section, show};
use featurescope_lab::report::{Block, Page, write};
use featurescope_lab::spec::registry::nearest;
use std::path::PathBuf;

/// Does what is asked.
pub fn images(command: &ImagesCommand) -> Result<Exit> {
    match command {
        ImagesCommand::Features(arguments) => features(arguments),
    }
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
