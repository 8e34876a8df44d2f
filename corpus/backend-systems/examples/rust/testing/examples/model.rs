//! Tests a bounded cache against a simple model with random operations, and shrinks what fails.

use std::collections::VecDeque;

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};

/// The code under test: keeps the last `size` keys that were used, with a mistake on purpose if `broken`.
struct Recent {
    keys: VecDeque<u8>,
    size: usize,
    broken: bool,
}

impl Recent {
    fn touch(&mut self, key: u8) {
        if let Some(at) = self.keys.iter().position(|known| *known == key) {
            if self.broken {
                return; // forgets to move the key to the front
            }
            self.keys.remove(at);
        }
        self.keys.push_front(key);
        self.keys.truncate(self.size);
    }

    fn remove(&mut self, key: u8) {
        self.keys.retain(|known| *known != key);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Touch(u8),
    Remove(u8),
}

/// Few keys and many steps, so that keys meet again.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![3 => (0..5_u8).prop_map(Step::Touch), 1 => (0..5_u8).prop_map(Step::Remove)];
    prop::collection::vec(step, 0..40)
}

/// The model: the whole history. What is recent is worked out anew each time, slowly and plainly.
fn expected(history: &[Step], size: usize) -> Vec<u8> {
    let mut recent: Vec<u8> = Vec::new();
    for step in history {
        let (Step::Touch(key) | Step::Remove(key)) = step;
        recent.retain(|known| known != key);
        if let Step::Touch(key) = step {
            recent.insert(0, *key);
            recent.truncate(size);
        }
    }
    recent
}

fn check(steps: Vec<Step>, broken: bool) -> Result<(), TestCaseError> {
    let mut recent = Recent { keys: VecDeque::new(), size: 3, broken };
    for (done, step) in steps.iter().enumerate() {
        match step {
            Step::Touch(key) => recent.touch(*key),
            Step::Remove(key) => recent.remove(*key),
        }
        prop_assert_eq!(recent.keys.make_contiguous(), expected(&steps[..=done], 3));
    }
    Ok(())
}

fn main() {
    for broken in [false, true] {
        // A test would use `proptest!`; the fixed seed keeps the output of this program the same.
        let config = Config { cases: 500, failure_persistence: None, ..Config::default() };
        let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
        let outcome = TestRunner::new_with_rng(config, rng).run(&steps(), |steps| check(steps, broken));
        match outcome {
            Ok(()) => println!("broken: {broken}, 500 sequences agree with the model"),
            Err(TestError::Fail(_, steps)) => println!("broken: {broken}, smallest sequence: {steps:?}"),
            Err(TestError::Abort(reason)) => println!("broken: {broken}, aborted: {reason}"),
        }
    }
}
