//! What the page of the runs is told: the runs at a glance as they change, and a run in full when it is asked
//! for. A run is asked for by its place in the list, so no request names a file.

use super::EVERY;
use crate::serve::{Live, News};
use featurescope_lab::follow::{Follower, RunView};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A look may take this share of the time, one in so many parts: large sweeps on slow disks are looked at less
/// often.
const SHARE: u32 = 5;

/// The runs as they were seen last.
pub struct Board {
    follower: Mutex<Follower>,
    shown: Mutex<Shown>,
    changed: Condvar,
}

/// What has been told so far.
#[derive(Default)]
struct Shown {
    version: u64,
    /// Every run at a glance, as JSON, with the version in which it changed last.
    runs: Vec<(u64, String)>,
}

impl Board {
    /// Nothing has been seen yet.
    pub fn new(follower: Follower) -> Self {
        Self { follower: Mutex::new(follower), shown: Mutex::default(), changed: Condvar::new() }
    }

    /// Looks at the runs for ever.
    pub fn look_on(&self) {
        loop {
            let started = Instant::now();
            let views = lock(&self.follower).look();
            self.show(&views);
            std::thread::sleep(EVERY.max(started.elapsed() * (SHARE - 1)));
        }
    }

    fn show(&self, views: &[RunView]) {
        let mut shown = lock(&self.shown);
        let next = shown.version + 1;
        let mut has_news = shown.version == 0;
        for (at, view) in views.iter().enumerate() {
            let now = (next, serde_json::to_string(view).unwrap_or_else(|_| "null".to_owned()));
            match shown.runs.get_mut(at) {
                Some((_, before)) if *before == now.1 => continue,
                Some(before) => *before = now,
                None => shown.runs.push(now),
            }
            has_news = true;
        }
        if has_news {
            shown.version = next;
            self.changed.notify_all();
        }
    }
}

impl Live for Board {
    fn answer(&self, path: &str) -> Option<String> {
        let place = path.strip_prefix("/run/")?;
        let is_number = !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_digit());
        let place = place.parse().ok().filter(|_| is_number)?;
        let detail = lock(&self.follower).detail(place)?;
        serde_json::to_string(&detail).ok()
    }

    fn news(&self, seen: u64, patience: Duration) -> Option<News> {
        let is_old = |shown: &mut Shown| shown.version <= seen;
        let waited = self.changed.wait_timeout_while(lock(&self.shown), patience, is_old);
        let (shown, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            return None;
        }
        let news = shown.runs.iter().enumerate().filter(|(_, (version, _))| *version > seen);
        let runs: Vec<String> =
            news.map(|(at, (_, run))| format!("{{\"index\":{at},\"run\":{run}}}")).collect();
        let json = format!("{{\"all\":{},\"runs\":[{}]}}", seen == 0, runs.join(","));
        Some(News { version: shown.version, json })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use featurescope_lab::follow::Standing;

    const SHORT: Duration = Duration::from_millis(1);

    fn view(name: &str, seconds_left: f64) -> RunView {
        RunView {
            name: name.to_owned(),
            point: String::new(),
            standing: Standing::Running,
            times_resumed: 0,
            seconds_left: Some(seconds_left),
            changed_unix_seconds: None,
            problem: None,
            arms: Vec::new(),
        }
    }

    #[test]
    fn only_what_has_changed_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let board = Board::new(Follower::new(&[folder.path().to_path_buf()]).unwrap());
        assert!(board.news(0, SHORT).is_none(), "nobody has looked");
        board.show(&[]);
        assert_eq!(board.news(0, SHORT).unwrap().json, "{\"all\":true,\"runs\":[]}");
        board.show(&[view("a", 1.0), view("b", f64::NAN)]);
        let all = board.news(0, SHORT).unwrap();
        assert!(all.json.contains("\"index\":0") && all.json.contains("\"index\":1"));
        board.show(&[view("a", 1.0), view("b", f64::NAN)]);
        assert!(board.news(all.version, SHORT).is_none(), "nothing has changed");
        board.show(&[view("a", 1.0), view("b", 2.0)]);
        let news = board.news(all.version, SHORT).unwrap();
        assert!(news.json.starts_with("{\"all\":false,\"runs\":[{\"index\":1,"), "{}", news.json);
        assert!(!news.json.contains("\"index\":0"));
    }

    #[test]
    fn a_run_is_asked_for_by_its_place_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("run")).unwrap();
        std::fs::write(folder.path().join("run/spec.toml"), "seed = 1").unwrap();
        let mut follower = Follower::new(&[folder.path().to_path_buf()]).unwrap();
        follower.look();
        let board = Board::new(follower);
        assert!(board.answer("/run/0").unwrap().contains("\"arms\":[]"));
        for path in ["/run/1", "/run/", "/run/-0", "/run/+0", "/run/0/..", "/run/../0", "/run/%30", "/"] {
            assert!(board.answer(path).is_none(), "{path}");
        }
        assert!(board.answer("/run/99999999999999999999999999").is_none());
    }
}
