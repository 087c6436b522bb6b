//! Where the pictures of a run come from: the built-in synthetic set, or files.

use featurescope_sim::part::{Fallback, Kind, Part, PartSetting, Slot, Slotted};
use std::path::PathBuf;

/// Where pictures come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// A file or a folder, which says their size and classes itself.
    Stored(PathBuf),
    /// The built-in synthetic set.
    Synthetic {
        /// Side in pixels, 16 to 512.
        size: usize,
        /// Classes, 2 to 10.
        classes: usize,
    },
}

/// Which pictures a run trains and is measured on. Only runs on pictures have this key, so a spec that has it is
/// known to be one.
pub static PICTURES: Slot<Pictures> =
    Slot::new("data.pictures", "Where the pictures come from.", "synthetic", &[&[&SYNTHETIC, &STORED]]);

impl Slotted for Pictures {
    type Context = ();

    fn slot() -> &'static Slot<Self> {
        &PICTURES
    }
}

static SYNTHETIC: Part<Pictures> = Part {
    kind: "synthetic",
    summary: "shapes whose class is the shape, under random tint and texture, drawn from the seed",
    settings: &[
        PartSetting::new("size", Kind::Whole(16, 512), Fallback::Value("32"), "Side of a picture in pixels."),
        PartSetting::new("classes", Kind::Whole(2, 10), Fallback::Value("5"), "Number of shapes."),
    ],
    build: |given, ()| {
        Ok(Pictures::Synthetic {
            size: given.whole("size")? as usize,
            classes: given.whole("classes")? as usize,
        })
    },
};

static STORED: Part<Pictures> = Part {
    kind: "stored",
    summary: "a Parquet file or a folder of them, CIFAR's binary files, IDX files, or a folder with one folder per \
              class; size and classes are theirs",
    settings: &[PartSetting::new(
        "path",
        Kind::File,
        Fallback::Required,
        "The file or folder that holds the pictures.",
    )],
    build: |given, ()| Ok(Pictures::Stored(given.text("path")?.into())),
};
