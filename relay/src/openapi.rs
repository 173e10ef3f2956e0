//! The relay's own description (OpenAPI 3.1), put together from what stands beside each handler.

use std::collections::BTreeMap;

use a2a_proto::api::Problem;
use a2a_proto::id::EnvelopeId;
use a2a_proto::lane::LANE_HEADER;
use a2a_proto::pow::KNOCK_HEADER;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder, ResponsesBuilder, response};
use utoipa::{IntoResponses, OpenApi as Described};

use crate::error::Refusal;
use crate::state::RelayState;

/// What is said about the whole; the paths come from the router.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "a2a-relay",
        description = "A blind relay for agents: stores and forwards sealed envelopes. What stands in them, and what the \
                       proofs in headers are made of, is in docs/protocol.md."
    ),
    // The id stands in paths only, which bring in no schema by themselves.
    components(schemas(Problem, EnvelopeId)),
    tags(
        (name = "anyone", description = "What everybody may ask"),
        (name = "newcomers", description = "Registering and signing in"),
        (name = "strangers", description = "Knocking at a front door"),
        (name = "lane holders", description = "Leaving mail for who wanted it"),
        (name = "owners", description = "A mailbox's owner, with a session")
    )
)]
struct Whole;

/// The description before any path is in it.
pub(crate) fn empty() -> OpenApi {
    let mut document = Whole::openapi();
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A session's token"));
    let header = |name: &str| SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(name)));
    components.add_security_scheme("session", SecurityScheme::Http(bearer.build()));
    components.add_security_scheme("lane", header(LANE_HEADER));
    components.add_security_scheme("work", header(KNOCK_HEADER));
    document
}

/// Serves a finished description.
pub(crate) fn served(document: &OpenApi) -> MethodRouter<RelayState> {
    // A description is plain data; it always serialises.
    let body = serde_json::to_vec(document).unwrap_or_default();
    let body = axum::body::Bytes::from(body);
    get(async move || -> Response { ([(CONTENT_TYPE, "application/json")], body).into_response() })
}

/// Problems that an operation may answer with, from the one table of refusals.
macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident: $($refusal:expr),+;)*) => {
        $(
            $(#[$doc])*
            pub(crate) struct $name;

            impl IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<response::Response>> {
                    described(&[$($refusal),+])
                }
            }
        )*
    };
}

problems! {
    /// What any request may meet.
    Usual: Refusal::TooSlow, Refusal::Encoded, Refusal::Unavailable;
    /// What a request with a body may meet besides.
    WithBody: Refusal::TooLarge;
    /// What a request with a JSON body may meet besides.
    WithJson: Refusal::Malformed(""), Refusal::TooLarge;
    /// What an owner's request may meet besides.
    OwnersOnly: Refusal::Unauthorized, Refusal::TooManyStreams;
    /// What cannot be found, or not be seen.
    Hidden: Refusal::NotFound;
    /// What a stranger's knock may meet.
    Unworked: Refusal::BadWork;
    /// What a newcomer may meet.
    NoEntry: Refusal::RegistrationClosed, Refusal::HandleTaken;
    /// What a deposit may meet; all but the second is said only to who holds the lane.
    NotDeposited: Refusal::Malformed(""), Refusal::Refused, Refusal::LaneFull;
    /// What a part of a backup may meet.
    NotKept: Refusal::Malformed(""), Refusal::BackupFull;
    /// What a publication may meet.
    Unpublished: Refusal::Malformed(""), Refusal::NotNewer;
    /// What opening a lane may meet.
    LanesSpent: Refusal::TooManyLanes;
    /// What opening a lane again may meet.
    NotAgain: Refusal::Refused;
    /// What a stream may meet.
    NoStream: Refusal::Malformed(""), Refusal::UpgradeNeeded;
    /// What a query may meet.
    BadQuery: Refusal::Malformed("");
}

fn described(refusals: &[Refusal]) -> BTreeMap<String, RefOr<response::Response>> {
    let responses = refusals.iter().map(|refusal| {
        let (status, _, title) = refusal.parts();
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(title).content(Problem::MEDIA_TYPE, problem);
        (status.as_str().to_owned(), response.build())
    });
    ResponsesBuilder::new().responses_from_iter(responses).build().into()
}
