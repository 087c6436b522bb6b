//! Arms of one run beside each other.

use crate::PAPER;
use featurescope_lab::evidence::{Gap, Subject};
use featurescope_lab::paper::Role;

/// Another arm of the same run, of the role of this name.
pub(super) fn companion<'a>(s: &Subject<'a>, role: &str) -> Result<Subject<'a>, Gap> {
    let role = Role::named(role);
    let found = s.run.subjects().find(|other| PAPER.role(other) == Some(role));
    found.ok_or_else(|| Gap::Missing(format!("arm of the same run with: {}", role.words())))
}

/// Another arm of the same run that differs in augmentation alone.
pub(super) fn companion_without_masks<'a>(s: &Subject<'a>, role: &str) -> Result<Subject<'a>, Gap> {
    let other = companion(s, role)?;
    let (own, others) = (s.settings(), other.settings());
    let differing = own.without(&["augmentation"]);
    match differing.differing(&others.without(&["augmentation"]))[..] {
        [] => Ok(other),
        ref keys => Err(Gap::Unusable(format!(
            "`{}` differs from `{}` in more than augmentation: {}",
            other.plan.name,
            s.plan.name,
            keys.join(", ")
        ))),
    }
}
