"""Operations on public documents: ids, words, names, certificates, cards, bundles, one-time pairs, invites."""

from a2a1 import card, certificate, ids, invite, names, prekeys
from a2a1.lane import LaneOffer
from a2a1.primitives import ed25519_public, kem_keys, sha256, x25519_public
from a2a1.wire import b64, unb64


def id_read(i):
    key = ids.read_id(i["text"])
    return {"key": b64(key), "safety_words": " ".join(ids.safety_words(key))}


def id_write(i):
    return {"text": ids.id_text(ids.read_key(unb64(i["key"])))}


def recovery_derive(i):
    entropy = unb64(i["entropy"])
    root, backup = ids.root_and_backup(entropy)
    words = ids.recovery_words(entropy)
    return {"words": words, "id": ids.id_text(ed25519_public(root)), "backup_key": b64(backup)}


def recovery_read(i):
    return {"entropy": b64(ids.entropy_of(i["words"]))}


def authority_read(i):
    return {"scheme": names.scheme(names.read_authority(i["text"]))}


def address_read(i):
    key, handle, relay = names.read_address(i["text"])
    return {"id": key and ids.id_text(key), "handle": handle, "relay": relay}


def certificate_make(i):
    root, _ = ids.root_and_backup(unb64(i["entropy"]))
    device, agreement = ed25519_public(unb64(i["device_seed"])), x25519_public(unb64(i["agreement_secret"]))
    times = i["epoch"], i["not_before"], i["not_after"]
    made = certificate.make_certificate(root, ed25519_public(root), device, agreement, *times)
    return {"certificate": b64(certificate.read_certificate(made).raw)}


def certificate_read(i):
    own = certificate.read_certificate(unb64(i["certificate"]))
    return {
        "id": ids.id_text(own.agent),
        "device": b64(own.device),
        "agreement": b64(own.agreement),
        "epoch": own.epoch,
        "not_before": own.not_before,
        "not_after": own.not_after,
        "hash": b64(own.hash),
        "holds": own.holds(i["now"]),
    }


def card_make(i):
    own = certificate.read_certificate(unb64(i["certificate"]))
    seed, relay, handle = unb64(i["device_seed"]), i["relay"], i["handle"] or ""
    capabilities = [(c["id"], c["title"], c["description"], c["schema"] or "") for c in i["capabilities"]]
    fields = i["listed"], i["knocks"], i["sequence"], i["updated_at"], capabilities
    made = card.make_card(seed, own.raw, i["name"], handle, relay, *fields)
    card.read_card(made, own.agent)
    return {"card": b64(made)}


def card_read(i):
    found = card.read_card(unb64(i["card"]), ids.read_id(i["id"]))
    keys = ("id", "title", "description", "schema")
    return {
        "certificate": b64(found.certificate.raw),
        "name": found.name,
        "handle": found.handle or None,
        "relay": found.relay,
        "listed": found.listed,
        "knocks": found.knocks,
        "sequence": list(found.sequence),
        "updated_at": found.updated_at,
        "capabilities": [dict(zip(keys, c[:3] + (c[3] or None,))) for c in found.capabilities],
    }


def bundle_make(i):
    spk, ek = x25519_public(unb64(i["spk_secret"])), kem_keys(unb64(i["kem_seed"]))[0]
    drawn, created = i["prekey_created"], i["created"]
    terms = created, drawn + 90 * prekeys.DAY, i["knocks"], i["relay"]
    made = prekeys.make_bundle(unb64(i["device_seed"]), unb64(i["certificate"]), i["prekey_id"], spk, ek, *terms)
    return {"bundle": b64(made)}


def bundle_read(i):
    found = prekeys.use_bundle(unb64(i["bundle"]), ids.read_id(i["id"]), i["now"], tuple(i["last_seen"]))
    return {
        "certificate": b64(found.certificate.raw),
        "prekey_id": found.prekey_id,
        "spk": b64(found.spk),
        "kem": b64(found.ek),
        "created": found.created,
        "not_after": found.not_after,
        "knocks": found.knocks,
        "relay": found.relay,
        "hash": b64(found.hash),
    }


def one_time_make(i):
    own = certificate.read_certificate(unb64(i["certificate"]))
    opk, ek = x25519_public(unb64(i["opk_secret"])), kem_keys(unb64(i["kem_seed"]))[0]
    made = prekeys.make_one_time(unb64(i["device_seed"]), own.agent, own.hash, unb64(i["invite_id"]), opk, ek)
    return {"one_time": b64(made)}


def one_time_read(i):
    own = certificate.read_certificate(unb64(i["certificate"]))
    found = prekeys.read_one_time(unb64(i["one_time"]), own, unb64(i["invite_id"]))
    return {"opk": b64(found.opk), "kem": b64(found.ek)}


def offer_from(o):
    return LaneOffer(o["relay"], unb64(o["lane_id"]), unb64(o["key"]))


def offer_fields(offer):
    return {"relay": offer.relay, "lane_id": b64(offer.lane_id), "key": b64(offer.key)}


def invite_make(i):
    agent, invite_id, secret = ids.read_id(i["agent"]), unb64(i["invite_id"]), unb64(i["secret"])
    terms = offer_from(i["lane"]), i["scopes"], i["expires_at"]
    return {"link": invite.Invite(agent, invite_id, secret, i["name"], i["relay"], *terms).link()}


def invite_read(i):
    found = invite.read_invite(i["text"])
    return {
        "agent": ids.id_text(found.agent),
        "invite_id": b64(found.invite_id),
        "secret": b64(found.secret),
        "name": found.name,
        "relay": found.relay,
        "lane": offer_fields(found.offer),
        "scopes": found.scopes,
        "expires_at": found.expires_at,
        "token": b64(found.token),
        "token_hash": b64(sha256(found.token)),
        "psk": b64(found.psk),
    }


OPERATIONS = {
    "id.read": id_read,
    "id.write": id_write,
    "recovery.derive": recovery_derive,
    "recovery.read": recovery_read,
    "authority.read": authority_read,
    "address.read": address_read,
    "certificate.make": certificate_make,
    "certificate.read": certificate_read,
    "card.make": card_make,
    "card.read": card_read,
    "bundle.make": bundle_make,
    "bundle.read": bundle_read,
    "one-time.make": one_time_make,
    "one-time.read": one_time_read,
    "invite.make": invite_make,
    "invite.read": invite_read,
}
