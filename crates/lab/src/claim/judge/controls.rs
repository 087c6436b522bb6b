//! Where statements must fail: controls, at the settings of a subject, and runs that learn nothing.

use super::{ClaimResult, Finding, Reason, TestResult, Verdict};
use crate::claim::measure::ArmSetting;
use crate::paper::Roles;

/// Sets aside the controls that are not at the settings of a subject: what they show may come from anything.
pub(super) fn require_subjects_settings(
    controls: &mut [Finding],
    subjects: &[&ArmSetting],
    roles: Option<&Roles>,
) {
    for control in controls {
        if let Some(reason) = apart(&control.setting, subjects, roles) {
            control.verdict = Verdict::Undecided { reason };
            control.located = None;
        }
    }
}

/// In what a control differs from the subject that is most like it, beyond what makes it a control.
fn apart(control: &ArmSetting, subjects: &[&ArmSetting], roles: Option<&Roles>) -> Option<Reason> {
    let differing = subjects.iter().map(|subject| subject.differing(control, roles));
    let Some(least) = differing.min_by_key(Vec::len) else {
        return Some(Reason::NoSubject);
    };
    let settings: Vec<String> = least.into_iter().map(str::to_owned).collect();
    (!settings.is_empty()).then_some(Reason::NotAtSubjectsSettings { settings })
}

impl ClaimResult {
    /// Controls, one per kind and size, on which some test is supported and none refuted: a claim with
    /// several tests fails where one of them does.
    pub fn controls_that_hold(&self) -> Vec<&Finding> {
        holding(&self.tests, |test| &test.controls)
    }

    /// Runs that learn nothing and support the claim all the same, one per kind and size.
    pub fn idle_runs_that_support(&self) -> Vec<&Finding> {
        holding(&self.tests, |test| &test.idle)
    }
}

fn holding(tests: &[TestResult], which: impl Fn(&TestResult) -> &Vec<Finding>) -> Vec<&Finding> {
    let place = |finding: &Finding| (finding.setting.role, finding.setting.idleness, finding.setting.label());
    let all = || tests.iter().flat_map(&which);
    let fails = |wanted: &Finding| {
        all().any(|other| other.verdict == Verdict::Refuted && place(other) == place(wanted))
    };
    let mut holding: Vec<&Finding> = Vec::new();
    for finding in all().filter(|finding| finding.verdict == Verdict::Supported && !fails(finding)) {
        if !holding.iter().any(|known| place(known) == place(finding)) {
            holding.push(finding);
        }
    }
    holding
}
