//! Keeps this process's memory off the disk and from other processes, where the system lets us.

/// No core file, and no reading of our memory by other processes of this user.
///
/// Best effort: a process of the same user that may use the keychain has other ways. What fails is not an error,
/// since nothing that was promised depends on it.
pub fn harden_process() {
    leave_no_core();
    close_memory();
}

#[cfg(unix)]
fn leave_no_core() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if setrlimit(Resource::Core, none).is_err() {
        tracing::debug!("core files could not be turned off");
    }
}

/// Windows writes a dump only where somebody set that up.
#[cfg(not(unix))]
fn leave_no_core() {}

#[cfg(target_os = "linux")]
fn close_memory() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    if set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err() {
        tracing::debug!("memory could not be closed to debuggers");
    }
}

/// Elsewhere it takes a signed program, or calls that no safe code can make.
#[cfg(not(target_os = "linux"))]
fn close_memory() {}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    #[test]
    fn a_hardened_process_leaves_no_core() {
        super::harden_process();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let numbers: Vec<_> = core.split_whitespace().skip(4).take(2).collect();
        assert_eq!(numbers, ["0", "0"]);
        assert_eq!(rustix::process::dumpable_behavior().unwrap(), rustix::process::DumpableBehavior::NotDumpable);
    }
}
