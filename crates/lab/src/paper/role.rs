//! Kinds of arms that a paper speaks of, recognised by their settings, not by their names.
//!
//! A paper's file of roles says of each what it is called, what it is in words, and which settings make an arm
//! one:
//!
//! ```toml
//! [[shared]]                      # conditions that several roles have
//! name = "contrasted"
//! when = [{ setting = "objective.kind", is = "info_nce" }]
//!
//! [[role]]
//! name = "masked"
//! words = "masks, enough dimensions"
//! also = ["contrasted"]
//! when = [
//!     { setting = "augmentation.kind", is = "random_mask" },
//!     { ratio = ["data.ambient_dim", "data.latent_dim"], at_least = 4 },
//! ]
//! ```
//!
//! A condition asks a setting, or the ratio of two, to be a value (`is`), another one (`is_not`), one of several
//! (`any_of`), a number in a range (`at_least`, `at_most`, `below`), or not to be there (`given = false`). All
//! conditions of a role have to hold.

use super::Name;
use crate::spec::Catalogue;
use crate::spec::registry::nearest;
use serde::{Deserialize, Serialize};
use toml::Value;

/// A kind of arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Role(Name);

impl Role {
    /// The role of this name.
    pub fn named(name: &str) -> Self {
        Self(Name::new(name))
    }

    /// Its name, as claims write it.
    pub fn name(self) -> &'static str {
        self.0.text()
    }

    /// In words, as the shipped paper that has it says; its name where none has.
    pub fn words(self) -> String {
        let told =
            super::shipped().into_iter().find_map(|paper| paper.roles().ok()?.words(self).map(str::to_owned));
        told.unwrap_or_else(|| self.name().replace('_', " "))
    }
}

/// A file of roles that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// It is no TOML, or has other keys.
    #[error(transparent)]
    Syntax(#[from] toml::de::Error),
    /// Two roles have one name.
    #[error("there are two roles called `{0}`")]
    Twice(String),
    /// A role says something that cannot be.
    #[error("{role}: {problem}")]
    Content {
        /// The role, or the name of shared conditions.
        role: String,
        /// What is wrong.
        problem: String,
    },
}

/// The roles of a paper.
#[derive(Debug)]
pub struct Roles(Vec<Rule>);

/// What makes an arm one.
#[derive(Debug)]
struct Rule {
    role: Role,
    words: String,
    when: Vec<Condition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    shared: Vec<Shared>,
    role: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    name: String,
    when: Vec<Condition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    words: String,
    #[serde(default)]
    also: Vec<String>,
    when: Vec<Condition>,
}

/// What is asked of a setting, or of the ratio of two.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    setting: Option<String>,
    ratio: Option<[String; 2]>,
    is: Option<Value>,
    is_not: Option<Value>,
    any_of: Option<Vec<Value>>,
    given: Option<bool>,
    at_least: Option<f64>,
    at_most: Option<f64>,
    below: Option<f64>,
}

impl Roles {
    /// Reads the text of a file of roles of runs with these settings.
    ///
    /// # Errors
    /// If it is none, a name stands twice or nowhere, or a condition asks nothing or an unknown setting.
    pub fn parse(text: &str, catalogue: &Catalogue) -> Result<Self, RoleError> {
        let File { shared, role } = toml::from_str(text)?;
        let content = |role: &str| {
            let role = role.to_owned();
            move |problem| RoleError::Content { role, problem }
        };
        let mut rules: Vec<Rule> = Vec::new();
        for Entry { name, words, also, when: own } in role {
            let mut when = Vec::new();
            for wanted in &also {
                let found = shared.iter().find(|shared| shared.name == *wanted);
                let found = found
                    .ok_or_else(|| content(&name)(format!("there are no shared conditions `{wanted}`")))?;
                when.extend(found.when.iter().cloned());
            }
            when.extend(own);
            when.iter().try_for_each(|condition| condition.check(catalogue)).map_err(content(&name))?;
            let role = Role::named(&name);
            if rules.iter().any(|rule| rule.role == role) {
                return Err(RoleError::Twice(name));
            }
            rules.push(Rule { role, words, when });
        }
        Ok(Self(rules))
    }

    /// All of them, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = Role> {
        self.0.iter().map(|rule| rule.role)
    }

    /// What a role is in words; `None` where it is not one of these.
    pub fn words(&self, role: Role) -> Option<&str> {
        self.rule(role).map(|rule| rule.words.as_str())
    }

    /// Every role whose conditions hold for an arm with these settings. A sound file gives an arm one at most.
    pub fn fitting<'a>(&self, value: impl Fn(&str) -> Option<&'a Value>) -> Vec<Role> {
        let fits = |rule: &&Rule| rule.when.iter().all(|condition| condition.holds(&value));
        self.0.iter().filter(fits).map(|rule| rule.role).collect()
    }

    /// The settings that tell arms of one role from arms of another: those of which they ask what cannot hold
    /// at once. With what a slot is filled, all settings of what fills it differ; of a ratio it is the first.
    pub fn difference(&self, role: Role, other: Role) -> Vec<&str> {
        let (Some(rule), Some(other)) = (self.rule(role), self.rule(other)) else { return Vec::new() };
        let mut settings: Vec<&str> = Vec::new();
        for condition in &rule.when {
            let varied = condition.varied();
            let varied = varied.strip_suffix(".kind").unwrap_or(varied);
            if other.when.iter().any(|theirs| condition.excludes(theirs)) && !settings.contains(&varied) {
                settings.push(varied);
            }
        }
        settings
    }

    fn rule(&self, role: Role) -> Option<&Rule> {
        self.0.iter().find(|rule| rule.role == role)
    }
}

impl Condition {
    /// The settings that it speaks of.
    fn settings(&self) -> impl Iterator<Item = &String> {
        self.setting.iter().chain(self.ratio.iter().flatten())
    }

    /// The setting that has to be another one for it not to hold.
    fn varied(&self) -> &str {
        self.settings().next().map_or("", String::as_str)
    }

    fn check(&self, catalogue: &Catalogue) -> Result<(), String> {
        if self.setting.is_some() == self.ratio.is_some() {
            return Err("a condition is about one `setting` or the `ratio` of two".to_owned());
        }
        if let Some(key) = self.settings().find(|key| catalogue.find(key).is_none()) {
            let meant = nearest(key, catalogue.settings().iter().map(|setting| setting.key));
            let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
            return Err(format!("`{key}` is no setting of {}{meant}", catalogue.subject));
        }
        let words = [self.is.is_some(), self.is_not.is_some(), self.any_of.is_some(), self.given.is_some()];
        let asked = words.iter().filter(|asked| **asked).count() + usize::from(self.has_range());
        if asked != 1 {
            let about = self.settings().cloned().collect::<Vec<_>>().join("/");
            return Err(format!(
                "of {about} it asks {asked} things instead of one: is, is_not, any_of, given, or a range of \
                 at_least, at_most, below"
            ));
        }
        Ok(())
    }

    fn has_range(&self) -> bool {
        [self.at_least, self.at_most, self.below].iter().any(Option::is_some)
    }

    fn holds<'a>(&self, value: &impl Fn(&str) -> Option<&'a Value>) -> bool {
        let number = |key: &String| value(key).and_then(number);
        match (&self.setting, &self.ratio) {
            (Some(key), _) if !self.has_range() => self.accepts(value(key)),
            (Some(key), _) => number(key).is_some_and(|value| self.is_in_range(value)),
            (None, Some([over, under])) => {
                number(over).zip(number(under)).is_some_and(|(over, under)| self.is_in_range(over / under))
            }
            (None, None) => false,
        }
    }

    fn accepts(&self, value: Option<&Value>) -> bool {
        match self {
            Self { is: Some(wanted), .. } => value.is_some_and(|value| same(value, wanted)),
            Self { is_not: Some(other), .. } => value.is_none_or(|value| !same(value, other)),
            Self { any_of: Some(wanted), .. } => {
                value.is_some_and(|value| wanted.iter().any(|it| same(value, it)))
            }
            _ => self.given == Some(value.is_some()),
        }
    }

    fn is_in_range(&self, value: f64) -> bool {
        self.at_least.is_none_or(|low| value >= low)
            && self.at_most.is_none_or(|high| value <= high)
            && self.below.is_none_or(|high| value < high)
    }

    /// Whether both cannot hold at once.
    fn excludes(&self, other: &Self) -> bool {
        if (&self.setting, &self.ratio) != (&other.setting, &other.ratio) {
            return false;
        }
        if self.has_range() && other.has_range() {
            return self.lies_below(other) || other.lies_below(self);
        }
        let accepts_none = |of: &Self, values: Option<Vec<&Value>>| {
            values.is_some_and(|values| !values.into_iter().any(|value| of.accepts(Some(value))))
        };
        accepts_none(other, self.named()) || accepts_none(self, other.named())
    }

    /// The values that it accepts, where it names them.
    fn named(&self) -> Option<Vec<&Value>> {
        self.any_of
            .as_ref()
            .map(|values| values.iter().collect())
            .or(self.is.as_ref().map(|value| vec![value]))
    }

    /// Whether every number in its range is smaller than all in the other's.
    fn lies_below(&self, other: &Self) -> bool {
        let Some(low) = other.at_least else { return false };
        self.at_most.is_some_and(|high| high < low) || self.below.is_some_and(|high| high <= low)
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}

/// 4 and 4.0 are the same.
fn same(value: &Value, other: &Value) -> bool {
    match (number(value), number(other)) {
        (Some(value), Some(other)) => value == other,
        _ => value == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::registry::SPARSE_CODING;
    use std::collections::HashMap;

    const FILE: &str = r#"
        [[shared]]
        name = "wide"
        when = [{ ratio = ["data.ambient_dim", "data.latent_dim"], at_least = 4 }]

        [[role]]
        name = "masked"
        words = "masks"
        also = ["wide"]
        when = [{ setting = "augmentation.kind", is = "random_mask" }, { setting = "objective.temperature", at_most = 10 }]

        [[role]]
        name = "plain"
        words = "no masks"
        also = ["wide"]
        when = [{ setting = "augmentation.kind", any_of = ["none"] }, { setting = "training.fork", given = false }]

        [[role]]
        name = "square"
        words = "few dimensions"
        when = [
            { setting = "augmentation.kind", is_not = "none" },
            { ratio = ["data.ambient_dim", "data.latent_dim"], below = 4 },
        ]
    "#;

    fn fitting(values: &str) -> Vec<&'static str> {
        let table: toml::Table = values.parse().unwrap();
        let values: HashMap<&str, &Value> = table.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let roles = Roles::parse(FILE, &SPARSE_CODING).unwrap();
        roles.fitting(|key| values.get(key).copied()).into_iter().map(Role::name).collect()
    }

    #[test]
    fn an_arm_has_the_role_whose_conditions_all_hold() {
        let sizes = "'data.ambient_dim' = 64\n'data.latent_dim' = 16\n";
        let with = |rest: &str| fitting(&format!("{sizes}{rest}"));
        assert_eq!(with("'augmentation.kind' = 'random_mask'\n'objective.temperature' = 10"), ["masked"]);
        assert!(with("'augmentation.kind' = 'random_mask'\n'objective.temperature' = 10.5").is_empty());
        assert!(with("'augmentation.kind' = 'random_mask'").is_empty(), "no temperature is in no range");
        assert_eq!(with("'augmentation.kind' = 'none'"), ["plain"]);
        assert!(with("'augmentation.kind' = 'none'\n'training.fork' = 'a@1'").is_empty());
        assert_eq!(fitting("'data.ambient_dim' = 63\n'data.latent_dim' = 16.0"), ["square"]);
    }

    #[test]
    fn roles_differ_in_what_cannot_hold_at_once() {
        let roles = Roles::parse(FILE, &SPARSE_CODING).unwrap();
        let difference = |a: &str, b: &str| roles.difference(Role::named(a), Role::named(b));
        assert_eq!(difference("masked", "plain"), ["augmentation"]);
        assert_eq!(difference("masked", "square"), ["data.ambient_dim"]);
        assert_eq!(difference("plain", "square"), ["data.ambient_dim", "augmentation"]);
        assert!(difference("masked", "masked").is_empty());
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told() {
        let message = |from: &str, to: &str| {
            Roles::parse(&FILE.replace(from, to), &SPARSE_CODING).unwrap_err().to_string()
        };
        assert!(
            message("objective.temperature", "objective.temprature")
                .contains("did you mean `objective.temperature`")
        );
        assert!(message("also = [\"wide\"]", "also = [\"wild\"]").contains("no shared conditions `wild`"));
        assert!(message("name = \"plain\"", "name = \"masked\"").contains("two roles called `masked`"));
        assert!(message("is_not = \"none\"", "is_not = \"none\", is = \"x\"").contains("asks 2 things"));
        assert!(message("is_not", "isnt").contains("isnt"));
    }
}
