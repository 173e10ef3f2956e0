//! How many files and connections the system lets this process have open.

/// Raises the limit to the most that the system allows without asking; most systems start a process with few.
pub fn allow_many() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // A limit that cannot be raised stays; the doctor tells of a low one.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
}

/// The most this process could have open; nothing where there is no limit.
pub fn most() -> Option<u64> {
    #[cfg(unix)]
    {
        rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum
    }
    #[cfg(not(unix))]
    None
}
