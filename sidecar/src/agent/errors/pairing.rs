//! Errors of invites, authorizations, revocations and renaming.

use a2a_proto::address::ParseAddressError;
use a2a_proto::id::ParseAgentIdError;

use super::{OwnerError, Trouble};
use crate::error::Explain;

/// Why no invite was made.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// A failure that is not about the invite.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// The lifetime is out of bounds.
    #[error("an invite lives between 1 minute and 30 days")]
    BadLifetime,
    /// Too many scopes at once.
    #[error("an invite grants at most {most} scopes")]
    TooManyScopes {
        /// The limit.
        most: usize,
    },
    /// The join link is of another relay.
    #[error("the join link is of another relay than yours, {relay}")]
    OtherRelay {
        /// Our relay.
        relay: String,
    },
    /// There is no pair with a peer of that name.
    #[error("there is no pair with a peer of that name")]
    UnknownPeer,
    /// The owner said no.
    #[error("the owner declined this invite")]
    Declined,
}

impl Explain for InviteError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
            Self::BadLifetime => "bad_lifetime",
            Self::TooManyScopes { .. } => "too_many_scopes",
            Self::OtherRelay { .. } => "other_relay",
            Self::UnknownPeer => "unknown_peer",
            Self::Declined => "declined",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Owner(error) => error.next_step(),
            Self::BadLifetime => "Say for example `7d` or `12h`, or nothing for 7 days.".into(),
            Self::TooManyScopes { .. } => "Grant fewer scopes; more can be granted later.".into(),
            Self::OtherRelay { .. } => "Ask the operator of your relay for a join link.".into(),
            Self::UnknownPeer => "List the peers to see their names (`a2a peers`).".into(),
            Self::Declined => "Ask the owner before trying again.".into(),
        }
    }
}

/// Why a peer was not authorized.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// A failure that is not about the authorization.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// Neither a link, nor an address, nor a request id.
    #[error("that is neither an invite link, nor an address, nor the id of a request")]
    NotUnderstood,
    /// An id without the relay where it lives.
    #[error("an id alone does not say at which relay the agent is")]
    NoRelayNamed,
    /// The id in the address is damaged.
    #[error("the agent id is wrong: {0}")]
    BadId(#[from] ParseAgentIdError),
    /// The address is damaged.
    #[error("the address is wrong: {0}")]
    BadAddress(#[from] ParseAddressError),
    /// The link is damaged or shortened.
    #[error("the invite link is wrong: {reason}")]
    BadInvite {
        /// What is wrong with it.
        reason: String,
    },
    /// The invite lapsed.
    #[error("the invite has expired")]
    InviteExpired,
    /// The invite was used, withdrawn, or never was.
    #[error("the invite was already used, withdrawn or has expired")]
    InviteUsed,
    /// It is our own.
    #[error("that is this agent itself")]
    Ourselves,
    /// There is a pair already.
    #[error("already paired with {peer}")]
    AlreadyPaired {
        /// The petname.
        peer: String,
    },
    /// The request lapsed or never was.
    #[error("there is no such request")]
    UnknownRequest,
    /// Whoever asks asked again meanwhile; what was approved is not what would be done.
    #[error("the request is another one than was approved: it was sent again meanwhile")]
    RequestChanged,
    /// Another device of that agent followed the one that asks, which may have been stolen.
    #[error("the request is by a device that another one of that agent has followed")]
    OldDevice,
    /// Nobody there, or not taking requests.
    #[error("the relay {relay} knows no agent of that name that takes requests")]
    NoSuchAgent {
        /// Which relay was asked.
        relay: String,
    },
    /// The relay served something not signed by that agent.
    #[error("the relay {relay} served keys that are not this agent's")]
    WrongKeys {
        /// Which relay.
        relay: String,
    },
    /// Too many scopes at once.
    #[error("a grant holds at most {most} scopes")]
    TooManyScopes {
        /// The limit.
        most: usize,
    },
    /// The line for the other owner is too long.
    #[error("the text for the other owner may hold {most} bytes")]
    TextTooLong {
        /// The limit.
        most: usize,
    },
    /// The grant would never hold.
    #[error("a grant that has ended already, or of no message a day, grants nothing")]
    UselessBounds,
    /// The proof of work that the relay asks is too much.
    #[error("the relay {relay} asks for more proof of work than this client does")]
    TooMuchWork {
        /// Which relay.
        relay: String,
    },
    /// The owner said no.
    #[error("the owner declined this")]
    Declined,
}

impl Explain for AuthorizeError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::NotUnderstood => "not_understood",
            Self::NoRelayNamed => "no_relay_named",
            Self::BadId(_) => "bad_agent_id",
            Self::BadAddress(_) => "bad_address",
            Self::BadInvite { .. } => "bad_invite",
            Self::InviteExpired => "invite_expired",
            Self::InviteUsed => "invite_used",
            Self::Ourselves => "ourselves",
            Self::AlreadyPaired { .. } => "already_paired",
            Self::UnknownRequest => "unknown_request",
            Self::RequestChanged => "request_changed",
            Self::OldDevice => "old_device",
            Self::NoSuchAgent { .. } => "no_such_agent",
            Self::WrongKeys { .. } => "wrong_keys",
            Self::TooManyScopes { .. } => "too_many_scopes",
            Self::TextTooLong { .. } => "text_too_long",
            Self::UselessBounds => "useless_bounds",
            Self::TooMuchWork { .. } => "too_much_work",
            Self::Declined => "declined",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::NotUnderstood => {
                "Paste the whole invite link, an address such as a2a_…@relay.example or bob@relay.example, or a request id."
                    .into()
            }
            Self::NoRelayNamed => "Write it as id@relay, such as a2a_…@relay.example.".into(),
            Self::BadId(_) | Self::BadAddress(_) => "Copy the address again, all of it.".into(),
            Self::BadInvite { .. } => "Copy the link again, all of it, the part after # included.".into(),
            Self::InviteExpired | Self::InviteUsed => "Ask for a new invite.".into(),
            Self::Ourselves => "Give the invite to the other person.".into(),
            Self::AlreadyPaired { .. } => "Just write; to change what is granted, see `a2a peers`.".into(),
            Self::UnknownRequest => "List the requests with `a2a requests` (tool a2a_list_peers).".into(),
            Self::RequestChanged => {
                "Nothing was done. Look at it as it is now (`a2a requests`), then approve that one.".into()
            }
            Self::OldDevice => {
                "Nothing was done. Decline it (`a2a revoke` with its id); ask the other person whether a device was lost."
                    .into()
            }
            Self::NoSuchAgent { .. } => "Check the address, or ask the other person for an invite.".into(),
            Self::WrongKeys { .. } => {
                "Do not go on: the relay may be lying. Ask the other person for an invite over another way.".into()
            }
            Self::TooManyScopes { .. } => "Name fewer scopes.".into(),
            Self::TextTooLong { .. } => "Say it shorter.".into(),
            Self::UselessBounds => "Name a later end, or a higher number.".into(),
            Self::TooMuchWork { .. } => "Ask the other person for an invite instead.".into(),
            Self::Declined => "Ask the owner before trying again.".into(),
        }
    }
}

/// Why nothing was revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// A failure that is not about the revocation.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// Nobody goes by that name.
    #[error("no peer and no request goes by that name")]
    UnknownPeer,
    /// The peer does not hold that scope.
    #[error("that peer was not granted the scope {scope}")]
    NotGranted {
        /// Which one.
        scope: String,
    },
}

impl Explain for RevokeError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::UnknownPeer => "unknown_peer",
            Self::NotGranted { .. } => "not_granted",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::UnknownPeer | Self::NotGranted { .. } => {
                "List the peers and what they hold with `a2a peers` (tool a2a_list_peers).".into()
            }
        }
    }
}

/// Why a peer keeps its name.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// A failure that is not about the name.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// Nobody goes by that name.
    #[error("no peer goes by that name")]
    UnknownPeer,
    /// The new name is not one.
    #[error("a petname has 1 to 32 of a-z, 0-9 and -")]
    BadName,
    /// Another peer goes by it.
    #[error("another peer already goes by that name")]
    Taken,
}

impl Explain for RenameError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
            Self::UnknownPeer => "unknown_peer",
            Self::BadName => "bad_name",
            Self::Taken => "name_taken",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Owner(error) => error.next_step(),
            Self::UnknownPeer => "List the peers to see their names (`a2a peers`).".into(),
            Self::BadName | Self::Taken => "Choose another name.".into(),
        }
    }
}
