//! How the values that stand in JSON as text or a number are described in an OpenAPI document.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::Base64;
use crate::address::{Handle, RelayAuthority};
use crate::id::{AgentId, EnvelopeId, InviteId, LaneId};
use crate::time::Timestamp;

macro_rules! described {
    ($($type:ident: $schema:expr;)*) => {
        $(
            impl PartialSchema for $type {
                fn schema() -> RefOr<Schema> {
                    $schema.into()
                }
            }

            impl ToSchema for $type {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($type))
                }
            }
        )*
    };
}

described! {
    AgentId: text("^a2a_[a-z2-7]{56}$", "An agent's id: its root key with a checksum");
    LaneId: text("^[A-Za-z0-9_-]{22}$", "A lane: 16 random bytes, base64url");
    EnvelopeId: text("^[A-Za-z0-9_-]{22}$", "An envelope's or a chunk's name: 16 bytes, base64url");
    InviteId: text("^[A-Za-z0-9_-]{22}$", "An invite: 16 bytes, base64url");
    Handle: text("^[a-z0-9-]{1,32}$", "A short name at one relay");
    RelayAuthority: text("^[a-z0-9.:\\[\\]-]{1,260}$", "A relay's name: host or host:port");
    Base64: text("^[A-Za-z0-9_-]*$", "Bytes, base64url without padding");
    Timestamp: ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(0))
        .description(Some("Milliseconds since the Unix epoch"));
}

fn text(pattern: &str, words: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).description(Some(words))
}
