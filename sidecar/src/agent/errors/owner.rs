//! Errors of the owner's word and of the PIN.

use std::time::Duration;

use super::Trouble;
use crate::error::Explain;

/// Why the owner's word does not count.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// A failure that is not about the word.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The policy asks for the PIN.
    #[error("this needs the owner's PIN")]
    PinNeeded,
    /// A form of a client cannot prove that its owner filled it in.
    #[error("an answer in a form of the client does not count, because the owner set a PIN")]
    FormDoesNotCount,
    /// The PIN is wrong.
    #[error("that is not the PIN; {left} more before you have to wait")]
    WrongPin {
        /// How many tries are left before a delay.
        left: u32,
    },
    /// The PIN is wrong, and now there is a delay.
    #[error("that is not the PIN; the next try may be made in {}", within(*wait))]
    WrongPinWait {
        /// How long.
        wait: Duration,
    },
    /// Too many wrong ones; nothing was looked at.
    #[error("too many wrong PINs; the next try may be made in {}", within(*wait))]
    Wait {
        /// How long.
        wait: Duration,
    },
    /// The PIN is no PIN.
    #[error("a PIN has {least} to {most} characters, and not all the same")]
    WeakPin {
        /// At least.
        least: usize,
        /// At most.
        most: usize,
    },
    /// There is one already.
    #[error("there is a PIN already")]
    PinExists,
    /// There is none.
    #[error("there is no PIN")]
    NoPin,
    /// Only at a terminal.
    #[error("the PIN is set, changed and removed at a terminal only")]
    NotHere,
}

impl Explain for OwnerError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::PinNeeded => "pin_needed",
            Self::FormDoesNotCount => "form_does_not_count",
            Self::WrongPin { .. } | Self::WrongPinWait { .. } => "wrong_pin",
            Self::Wait { .. } => "pin_wait",
            Self::WeakPin { .. } => "weak_pin",
            Self::PinExists => "pin_exists",
            Self::NoPin => "no_pin",
            Self::NotHere => "not_here",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::PinNeeded | Self::FormDoesNotCount => {
                "The owner decides with `a2a approve` in a terminal, or on the approval page.".into()
            }
            Self::WrongPin { .. } => "Try again; what was asked still waits.".into(),
            Self::WrongPinWait { .. } | Self::Wait { .. } => {
                "Wait; what was asked still waits. If the wrong ones were not yours, a program tries: see `a2a audit`."
                    .into()
            }
            Self::WeakPin { .. } => "Choose another one. Letters and spaces are allowed.".into(),
            Self::PinExists => "Change it with `a2a pin change`.".into(),
            Self::NoPin => "Set one with `a2a pin set`.".into(),
            Self::NotHere => "Run `a2a pin` yourself in a terminal.".into(),
        }
    }
}

/// `40 seconds`, `4 minutes`, `2 hours`, rounded up.
fn within(wait: Duration) -> String {
    let secs = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let (count, unit) = match secs {
        0..=90 => (secs.max(1), "second"),
        91..=5_400 => (secs.div_ceil(60), "minute"),
        _ => (secs.div_ceil(3_600), "hour"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}
