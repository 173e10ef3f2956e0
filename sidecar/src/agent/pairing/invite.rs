//! Making an invite: a link that pairs whoever redeems it first.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::api::OpenLane;
use a2a_proto::id::{AgentId, InviteId};
use a2a_proto::invite::{Invite, InviteSecret, Voucher, token_hash};
use a2a_proto::limits::{INVITE_ENVELOPES, INVITE_LIFETIME};
use a2a_proto::prekey::OneTimeSecret;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;

use super::{fits, lanes, scope_words, tidy_scopes};
use crate::agent::audit::{self, Note};
use crate::agent::consent::Action;
use crate::agent::core::{Core, rng};
use crate::agent::{ApprovedBy, Bounds, InviteError, JoinLink, MadeInvite, MakeInvite};
use crate::store::invites::{self, InviteRecord};
use crate::store::{SecretBlob, lanes as lane_rows};

const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What the owner is asked about an invite.
pub(in crate::agent) fn action(core: &Core, request: MakeInvite) -> Result<Action, InviteError> {
    let lifetime = request.expires_in.unwrap_or(INVITE_LIFETIME);
    if !(SHORTEST..=LONGEST).contains(&lifetime) {
        return Err(InviteError::BadLifetime);
    }
    let scopes = tidy_scopes(request.scopes);
    if !fits(&scopes) {
        return Err(InviteError::TooManyScopes { most: a2a_proto::limits::MAX_SCOPES });
    }
    let voucher = request.newcomer.map(|link| voucher(core, link)).transpose()?;
    Ok(Action::MakeInvite { scopes, lifetime_secs: lifetime.as_secs(), bounds: request.bounds, voucher })
}

/// The token of a join link, which must be of the relay that the invite is of.
fn voucher(core: &Core, link: JoinLink) -> Result<Voucher, InviteError> {
    let own = core.me.relay()?;
    if link.relay == *own { Ok(link.voucher) } else { Err(InviteError::OtherRelay { relay: own.to_string() }) }
}

/// Makes the invite that the owner approved.
pub(in crate::agent) async fn make(
    core: &Arc<Core>,
    scopes: Vec<Scope>,
    bounds: Bounds,
    lifetime: Duration,
    voucher: Option<Voucher>,
    by: ApprovedBy,
) -> Result<MadeInvite, InviteError> {
    let mut made = make_open(core, scopes, bounds, lifetime, None, by).await?;
    if let Some(voucher) = voucher {
        made.link = format!("{}.{}", made.link, voucher.as_str());
    }
    Ok(made)
}

/// Makes an invite of the usual lifetime that goes on with the pair of one agent, and that nobody else can take up.
pub(in crate::agent) async fn make_for(
    core: &Arc<Core>,
    scopes: Vec<Scope>,
    mends: Option<AgentId>,
    by: ApprovedBy,
) -> Result<MadeInvite, InviteError> {
    make_open(core, scopes, Bounds::default(), INVITE_LIFETIME, mends, by).await
}

async fn make_open(
    core: &Arc<Core>,
    scopes: Vec<Scope>,
    bounds: Bounds,
    lifetime: Duration,
    mends: Option<AgentId>,
    by: ApprovedBy,
) -> Result<MadeInvite, InviteError> {
    crate::agent::prekeys::refresh(core).await?;
    let id = InviteId::random(&mut rng());
    let (secret, one_time) = (InviteSecret::generate(&mut rng()), OneTimeSecret::generate(&mut rng()));
    let expires_at = core.now().plus(lifetime);
    let lane = lanes::open(core, &open_lane(core, &id, &secret, &one_time, expires_at)).await?;
    let invite = Invite {
        agent: *core.me.id(),
        name: core.me.display_name.clone(),
        relay: core.me.relay()?.clone(),
        id,
        secret,
        lane: lane.clone(),
        scopes: scopes.clone(),
        expires_at,
    };
    let link = invite.to_link().to_string();
    let record = InviteRecord {
        secret: SecretBlob::copy_of(&*invite.secret.to_bytes()),
        one_time: Some(SecretBlob::copy_of(&*one_time.to_bytes())),
        scopes: scopes.clone(),
        until: bounds.until,
        daily: bounds.daily,
        mends,
    };
    core.write(move |tx, ctx| {
        invites::insert(tx, id, expires_at, &record)?;
        lane_rows::insert(tx, &lanes::record(&lane), None, Some(id), Some(expires_at))?;
        audit::note(tx, ctx, Note::new("invite_made").saying(scope_words(&record.scopes)).by(by))?;
        Ok::<_, InviteError>(())
    })
    .await?;
    Ok(MadeInvite { link, invite_id: id, expires_at, scopes })
}

fn open_lane(
    core: &Core,
    id: &InviteId,
    secret: &InviteSecret,
    one_time: &OneTimeSecret,
    expires_at: Timestamp,
) -> OpenLane {
    OpenLane::Invite {
        invite_id: *id,
        token_hash: token_hash(&secret.fetch_token()).as_slice().into(),
        one_time: one_time.sign(&core.me.device, &core.me.certificate, id).into(),
        expires_at,
        max_envelopes: INVITE_ENVELOPES,
    }
}
