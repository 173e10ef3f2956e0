"""Operations between an agent and a relay: lanes, answers to challenges, work, batches."""

from a2a1 import batch, certificate, ids, lane, proofs
from a2a1.errors import Malformed
from a2a1.wire import b64, unb64


def lane_key(i):
    return {"key": b64(lane.lane_key(*(unb64(i[part]) for part in ("master", "lane_id", "salt", "mask"))))}


def _request(i):
    return i["method"], i["authority"], i["path"]


def lane_sign(i):
    place = unb64(i["lane_id"]), i["seconds"], unb64(i["envelope_id"]), unb64(i["body"])
    return {"header": lane.request_header(unb64(i["key"]), *_request(i), *place)}


def lane_check(i):
    proof = i["header"], unb64(i["body"]), i["now_seconds"]
    lane_id, envelope_id = lane.check_request(unb64(i["key"]), *_request(i), *proof)
    return {"lane_id": b64(lane_id), "envelope_id": b64(envelope_id)}


def challenge_answer(i):
    own = certificate.read_certificate(unb64(i["certificate"]))
    made = proofs.answer(i["use"], unb64(i["device_seed"]), i["authority"], i["challenge"], own)
    return {"signature": b64(made)}


def challenge_check(i):
    own = certificate.read_certificate(unb64(i["certificate"]))
    proofs.check_answer(i["use"], i["authority"], i["challenge"], own, unb64(i["signature"]))
    return {}


def knock_solve(i):
    found = proofs.find_work(i["challenge"], i["authority"], ids.read_id(i["id"]), unb64(i["envelope"]), i["difficulty"])
    return {"header": found}


def knock_check(i):
    agent, challenge = proofs.check_work(i["header"], i["authority"], unb64(i["envelope"]), i["difficulty"])
    return {"id": ids.id_text(agent), "challenge": challenge}


def _item(item):
    lane_id = bytes(16) if item["lane_id"] is None else unb64(item["lane_id"])
    source = batch.FRONT_DOOR if item["lane_id"] is None else batch.LANE
    return item["sequence"], source, lane_id, item["hour"], unb64(item["envelope"])


def batch_write(i):
    return {"batch": b64(batch.write_batch(i["acknowledged_through"], [_item(item) for item in i["items"]]))}


def batch_read(i):
    through, found = batch.read_batch(unb64(i["batch"]))
    items = [
        {
            "sequence": sequence,
            "lane_id": b64(lane_id) if source == batch.LANE else None,
            "hour": hour,
            "envelope": b64(envelope),
        }
        for sequence, source, lane_id, hour, envelope in found
    ]
    return {"acknowledged_through": through, "items": items}


def bytes_read(i):
    """base64url of exactly `length` bytes, as it stands in headers and JSON."""
    data = unb64(i["text"])
    if len(data) != i["length"]:
        raise Malformed("length")
    return {"hex": data.hex()}


OPERATIONS = {
    "base64url.read": bytes_read,
    "lane.key": lane_key,
    "lane.sign": lane_sign,
    "lane.check": lane_check,
    "challenge.answer": challenge_answer,
    "challenge.check": challenge_check,
    "knock.solve": knock_solve,
    "knock.check": knock_check,
    "batch.write": batch_write,
    "batch.read": batch_read,
}
