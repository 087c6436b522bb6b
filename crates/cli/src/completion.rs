//! Completions that the shell asks this program for: experiments, settings and their values, stored runs,
//! names to explain.

use clap::Command;
use clap_complete::env::{Bash, CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};
use clap_complete::{CompletionCandidate, PathCompleter, engine::ValueCompleter};
use featurescope_image::experiments::EXPERIMENTS as ON_PICTURES;
use featurescope_image::settings::CATALOGUE;
use featurescope_lab::experiments;
use featurescope_lab::reference::{self, entries};
use featurescope_lab::run::MANIFEST_FILE;
use featurescope_lab::spec::registry;
use featurescope_lab::spec::setting::{Fallback, Kind, Setting};
use featurescope_lab::sweep::SWEEP_FILE;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;
use std::process;

/// The shells there are completions for.
pub const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];
/// Says that a shell asks, and which.
const ASKED: &str = "FEATURESCOPE_COMPLETE";
const PROGRAM: &str = "featurescope";
/// How far below a folder a run may lie so that the folder leads to one.
const DEPTH: usize = 2;
/// Folders that are looked into at each depth; a completion may not take long.
const MOST_FOLDERS: usize = 200;

fn shells() -> Shells<'static> {
    Shells(&[&WholeWords, &Elvish, &Fish, &Powershell, &Zsh])
}

/// Answers a shell that asks for completions of `command`, and ends; does nothing otherwise.
pub fn answer_shell(command: fn() -> Command, arguments: &[OsString]) {
    let completion = CompleteEnv::with_factory(command).var(ASKED).shells(shells());
    let folder = std::env::current_dir().ok();
    if completion.try_complete(arguments, folder.as_deref()).unwrap_or_else(|error| error.exit()) {
        process::exit(0);
    }
}

/// What `shell` has to read so that it asks.
pub fn registration(shell: &str) -> io::Result<Vec<u8>> {
    let mut script = Vec::new();
    if let Some(shell) = shells().completer(shell) {
        shell.write_registration(ASKED, PROGRAM, PROGRAM, PROGRAM, &mut script)?;
    }
    Ok(script)
}

/// Bash, which cuts words at `=` and would ask for a value without its key: the words are taken from the line
/// instead.
struct WholeWords;

const BASH: &str = r#"_featurescope() {
    local line="${COMP_LINE:0:COMP_POINT}" words current cut program reply IFS=$' \t\n'
    read -ra words <<< "$line"
    [[ "$line" =~ [[:space:]]$ ]] && words+=("")
    current="${words[${#words[@]}-1]}"
    # What bash keeps of the word when it puts a reply in.
    cut="${current%"$2"}"
    # The program as it was typed; behind an alias, the one on the path.
    program="$1"
    type -P "$program" > /dev/null || program=PROGRAM
    IFS=$'\013'
    COMPREPLY=()
    for reply in $(_CLAP_IFS="$IFS" _CLAP_COMPLETE_INDEX="$((${#words[@]} - 1))" ASKED=bash "$program" -- "${words[@]}" 2> /dev/null); do
        COMPREPLY+=("${reply#"$cut"}")
    done
    if [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" =~ [=./]$ ]]; then
        compopt -o nospace 2> /dev/null
    fi
}
complete -o bashdefault -F _featurescope PROGRAM
"#;

impl EnvCompleter for WholeWords {
    fn name(&self) -> &'static str {
        Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        Bash.is(name)
    }

    fn write_registration(
        &self,
        var: &str,
        _name: &str,
        bin: &str,
        _completer: &str,
        script: &mut dyn Write,
    ) -> io::Result<()> {
        script.write_all(BASH.replace("PROGRAM", bin).replace("ASKED", var).as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        answer: &mut dyn Write,
    ) -> io::Result<()> {
        Bash.write_complete(command, words, folder, answer)
    }
}

/// Those of `names` that begin with what was typed.
fn beginning(typed: &OsStr, names: impl IntoIterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let fitting = names.into_iter().filter(|(name, _)| name.starts_with(&*typed));
    fitting
        .map(|(name, help)| CompletionCandidate::new(name).help((!help.is_empty()).then(|| help.into())))
        .collect()
}

/// Shipped experiments, and specs.
pub fn experiments(typed: &OsStr) -> Vec<CompletionCandidate> {
    let shipped = experiments::all().into_iter().chain(ON_PICTURES);
    let shipped = shipped.map(|it| (it.name.to_owned(), it.question().to_owned()));
    let mut found = beginning(typed, shipped);
    let is_spec = |path: &Path| path.is_dir() || path.extension().is_some_and(|end| end == "toml");
    found.extend(PathCompleter::any().filter(is_spec).complete(typed));
    found
}

/// `key=` for every setting, and `key=value` for the values that can be listed: those of runs on sparse-coding data
/// first, then those that only runs on pictures have.
pub fn settings(typed: &OsStr) -> Vec<CompletionCandidate> {
    let text = typed.to_string_lossy();
    let all = registry::settings().iter().chain(CATALOGUE.settings());
    let mut names: Vec<(String, String)> = Vec::new();
    let mut add = |name: String, help: &str| {
        if !names.iter().any(|(known, _)| *known == name) {
            names.push((name, help.to_owned()));
        }
    };
    match text.split_once('=') {
        None => all.for_each(|it| add(format!("{}=", it.key), it.doc)),
        Some((key, _)) => all
            .filter(|setting| setting.key == key)
            .flat_map(values_of)
            .for_each(|value| add(format!("{key}={value}"), "")),
    }
    beginning(typed, names)
}

/// Values that a person may want: all of a choice, else the default.
fn values_of(setting: &Setting) -> Vec<String> {
    match (&setting.kind, &setting.fallback) {
        (Kind::Choice(words), _) => words.iter().map(ToString::to_string).collect(),
        (_, Fallback::Value(value) | Fallback::Unwritten(value)) => vec![value.trim_matches('"').to_owned()],
        _ => Vec::new(),
    }
}

/// Moments that a fork can leave a run at.
pub fn moments(typed: &OsStr) -> Vec<CompletionCandidate> {
    beginning(typed, ["t1", "t2"].map(|moment| (moment.to_owned(), String::new())))
}

/// Folders that hold runs, or lead to some; all folders where none does.
pub fn runs(typed: &OsStr) -> Vec<CompletionCandidate> {
    let text = typed.to_string_lossy();
    let (place, begun) = text.rsplit_once('/').map_or(("", &*text), |(place, begun)| (place, begun));
    let place = if text.contains('/') { format!("{place}/") } else { String::new() };
    let entries = Path::new(if place.is_empty() { "." } else { &place }).read_dir();
    let entries = entries.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut folders: Vec<(String, bool)> = entries
        .filter(|path| path.is_dir())
        .filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), leads_to_a_run(&path, DEPTH))))
        .filter(|(name, _)| name.starts_with(begun) && (!name.starts_with('.') || begun.starts_with('.')))
        .collect();
    if folders.iter().any(|(_, leads)| *leads) {
        folders.retain(|(_, leads)| *leads);
    }
    folders.sort();
    folders.iter().map(|(name, _)| CompletionCandidate::new(format!("{place}{name}/"))).collect()
}

fn leads_to_a_run(folder: &Path, depth: usize) -> bool {
    if [MANIFEST_FILE, SWEEP_FILE].iter().any(|name| folder.join(name).is_file()) {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    let entries = folder.read_dir().into_iter().flatten().take(MOST_FOLDERS);
    let mut folders = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir());
    folders.any(|folder| leads_to_a_run(&folder, depth))
}

/// Names that can be explained and need no quotes.
pub fn names(typed: &OsStr) -> Vec<CompletionCandidate> {
    let is_plain = |name: &str| name.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
    let mut names: Vec<(String, String)> = Vec::new();
    let of_pictures = reference::settings(&CATALOGUE).into_iter().chain(reference::experiments(ON_PICTURES));
    for entry in entries().unwrap_or_default().into_iter().chain(of_pictures) {
        if is_plain(&entry.name) && !names.iter().any(|(name, _)| *name == entry.name) {
            names.push((entry.name, entry.sentence));
        }
    }
    beginning(typed, names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[allow(clippy::needless_pass_by_value, reason = "it takes what the completers give")]
    fn texts(found: Vec<CompletionCandidate>) -> Vec<String> {
        found.iter().map(|candidate| candidate.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn keys_values_experiments_and_names_are_known() {
        crate::papers::ship();
        let keys = texts(settings(OsStr::new("augmentation.")));
        assert!(
            keys.contains(&"augmentation.kind=".to_owned()) && keys.len() < registry::settings().len(),
            "{keys:?}"
        );
        let all = texts(settings(OsStr::new("")));
        assert!(all.contains(&"training.epochs=".to_owned()) && all.len() > registry::settings().len());
        assert_eq!(all.iter().filter(|key| *key == "training.learning_rate=").count(), 1, "in both lists");
        let values = texts(settings(OsStr::new("augmentation.kind=ra")));
        assert_eq!(values, ["augmentation.kind=random_mask"], "in both lists");
        let temperatures = ["objective.temperature=1.0", "objective.temperature=0.2"];
        assert_eq!(texts(settings(OsStr::new("objective.temperature="))), temperatures, "defaults of both");
        assert!(settings(OsStr::new("nothing=")).is_empty());
        assert!(texts(experiments(OsStr::new("super"))).contains(&"supervised".to_owned()));
        assert!(texts(names(OsStr::new("dense_e"))).contains(&"dense_energy_fraction".to_owned()));
        assert_eq!(texts(moments(OsStr::new(""))), ["t1", "t2"]);
    }

    #[test]
    fn run_folders_are_told_from_other_folders() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["runs/paper-1", "other/deep", "swept"] {
            fs::create_dir_all(path(name)).unwrap();
        }
        fs::write(path("runs/paper-1").join(MANIFEST_FILE), "{}").unwrap();
        fs::write(path("swept").join(SWEEP_FILE), "{}").unwrap();
        let typed = |text: &str| OsString::from(format!("{}/{text}", folder.path().display()));
        let found = texts(runs(&typed("")));
        let below = |name: &str| format!("{}/{name}/", folder.path().display());
        assert_eq!(found, [below("runs"), below("swept")]);
        assert_eq!(texts(runs(&typed("runs/"))), [below("runs/paper-1")]);
        // Where no folder leads to a run, all are offered.
        assert_eq!(texts(runs(&typed("other/"))), [below("other/deep")]);
    }

    #[test]
    fn every_shell_has_a_registration_that_asks_this_program() {
        for shell in SHELLS {
            let script = String::from_utf8(registration(shell).unwrap()).unwrap();
            assert!(script.contains(PROGRAM) && script.contains(ASKED), "{shell}: {script}");
        }
    }
}
