"""People and contents of the vectors that the second implementation writes, from fixed seeds."""

from a2a1.wire import b64

from . import contents, documents
from .seeded import Seeded

NOW = 1_900_000_000_000
DAY = 24 * 3600 * 1000


def person(name, epoch):
    """A person in the form that conversations take."""
    random = Seeded(f"python {name} {epoch}")
    made = {
        "entropy": b64(Seeded(f"python {name}")(32)),
        "device_seed": b64(random(32)),
        "agreement_secret": b64(random(32)),
        "spk_secret": b64(random(32)),
        "kem_seed": b64(random(64)),
        "prekey_id": 2**32 - 1,
        "prekey_created": NOW - 3 * DAY,
        "epoch": epoch,
        "not_before": NOW - 10 * DAY,
        "not_after": NOW + 20 * DAY,
        "created": NOW - 2 * DAY,
        "knocks": False,
        "relay": f"{name}.example.net:444",
    }
    made["certificate"] = documents.certificate_make(made)["certificate"]
    made["bundle"] = documents.bundle_make(made)["bundle"]
    return made


def id_of(someone):
    return documents.certificate_read({**someone, "now": NOW})["id"]


def lane(name):
    random = Seeded(f"python lane {name}")
    return {"relay": f"{name}.example.net:444", "lane_id": b64(random(16)), "key": b64(random(32))}


def invite(maker):
    random = Seeded("python one-time pair")
    made = {"id": b64(random(16)), "psk": b64(random(32)), "opk_secret": b64(random(32)), "kem_seed": b64(random(64))}
    terms = {"certificate": maker["certificate"], "device_seed": maker["device_seed"], "invite_id": made["id"]}
    made["one_time"] = documents.one_time_make({**terms, **made})["one_time"]
    return made


def content(number, kind, body):
    """A content in the form that `content.write` takes."""
    random = Seeded(f"python content {number} {kind}")
    place = {"position": [2, number], "previous": b64(random(32)), "sent_at": NOW}
    return {"kind": kind, "message_id": b64(random(16)), **place, "body": body}


def written(number, kind, body):
    return contents.content_write(content(number, kind, body))["content"]


def message(text, scope="message"):
    return {"scope": scope, "subject": "Ünïcode", "text": text, "reply_to": None}


def hello():
    head = {"position": [2, 8], "digest": b64(Seeded("python head")(32))}
    body = {"name": "", "relay": "carol.example.net:444", "requested": [], "granted": [], "words": "¿puedo?"}
    return {**body, "sent": head, "received": head}
