//! The relay's HTTP surface: what stands in requests and answers, shared by server and client.
//!
//! | call | request | answer |
//! |---|---|---|
//! | `GET /.well-known/a2a-relay` | | [`RelayInfo`] |
//! | `POST /api/session/challenge` | `{}` | [`Challenge`] |
//! | `POST /api/accounts` | [`Registration`] | [`Registered`] |
//! | `POST /api/session` | [`SessionRequest`] | [`SessionToken`] |
//! | `PUT /api/card`, `PUT /api/prekeys` | the signed bytes | 204 |
//! | `DELETE /api/card`, `DELETE /api/account` | | 204 |
//! | `GET /api/agents/{id}/card` | | the signed bytes |
//! | `GET /api/agents/{id}/capabilities` | | [`Manifest`] |
//! | `GET /api/agents/{id}/bundle` | | [`PrekeyAnswer`] |
//! | `GET /api/handles/{name}` | | [`HandleAnswer`] |
//! | `POST /api/deposit` | an envelope, `a2a-lane` | 202 |
//! | `GET /api/knock/challenge` | | [`KnockChallenge`] |
//! | `POST /api/knock` | an envelope, `a2a-knock` | 202 |
//! | `POST /api/lanes` | [`OpenLane`] | [`OpenedLane`] |
//! | `GET /api/lanes`, `DELETE /api/lanes/{id}` | | [`LaneList`], 204 |
//! | `GET /api/mailbox` | | [`mailbox::Batch`] |
//! | `GET /api/mailbox/stream` | | [`mailbox::Batch`]es over a WebSocket |
//! | `POST /api/blobs` | a sealed chunk, `a2a-lane` | 202 |
//! | `GET /api/blobs/{id}`, `DELETE /api/blobs/{id}` | | the chunk, 204 |
//! | `GET /api/agents?capability=` | | [`AgentPage`] |
//! | `PUT /api/webhook`, `DELETE /api/webhook` | [`SetWebhook`] | [`Webhook`], 204 |
//! | `GET /api/webhook/deliveries` | | [`WebhookDeliveries`] |
//! | `POST /api/mailbox/ack` | [`Acknowledge`] | 204 |
//!
//! Errors are [`Problem`]s. Owner calls carry `Authorization: Bearer`. Times are milliseconds since the Unix epoch.

mod account;
mod base64;
mod info;
mod lanes;
mod listing;
pub mod mailbox;
#[cfg(feature = "openapi")]
mod openapi;
mod problem;
mod public;
mod webhook;

pub use account::{Challenge, Registered, Registration, SessionRequest, SessionToken};
pub use base64::Base64;
pub use info::{KnockChallenge, RegistrationPolicy, RelayInfo, RelayLimits};
pub use lanes::{LaneDescription, LaneKind, LaneList, OpenLane, OpenedLane};
pub use listing::AgentPage;
pub use mailbox::Acknowledge;
pub use problem::{Problem, code};
pub use public::{
    HandleAnswer, INVITE_HEADER, InviteFetch, Manifest, ManifestCapability, ParseInviteFetchError, PrekeyAnswer,
};
pub use webhook::{SetWebhook, Webhook, WebhookDeliveries, WebhookDelivery, WebhookState};
