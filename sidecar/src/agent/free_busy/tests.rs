//! Free and busy: what a calendar says, whom it is told, and that nothing else is.

use a2a_proto::time::Timestamp;
use serde_json::{Value, json};

use super::busy::{Busy, busy};
use super::{Unreadable, answer, text, unreadable};
use crate::agent::mail::send;
use crate::agent::pairing::revoke;
use crate::agent::testing::{Parcel, Side, pair};
use crate::agent::{Draft, Hand, Revoke, Rule, Trouble};
use crate::store::free_busy::{self as record, FreeBusyRecord};

/// Monday, 2027-01-04, 00:00 UTC.
const MONDAY: i64 = 1_799_020_800;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const WEEK: Busy = (MONDAY, MONDAY + 7 * DAY);

fn calendar(events: &[&str]) -> String {
    let events: String = events
        .iter()
        .enumerate()
        .map(|(at, event)| format!("BEGIN:VEVENT\r\nUID:{at}\r\nSUMMARY:Secret\r\n{event}\r\nEND:VEVENT\r\n"))
        .collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
}

fn read(events: &[&str]) -> Result<Vec<Busy>, Unreadable> {
    busy(&calendar(events), None, WEEK)
}

/// From that hour of the week to another.
fn hours(from: i64, to: i64) -> Busy {
    (MONDAY + from * HOUR, MONDAY + to * HOUR)
}

#[test]
fn times_are_read_in_their_zones_and_taken_together() {
    let utc = "DTSTART:20270104T090000Z\r\nDTEND:20270104T100000Z";
    let berlin = "DTSTART;TZID=Europe/Berlin:20270104T103000\r\nDURATION:PT1H30M";
    assert_eq!(read(&[utc, berlin]), Ok(vec![hours(9, 11)]));
    let day = "DTSTART;VALUE=DATE:20270105";
    assert_eq!(busy(&calendar(&[day]), Some("UTC"), WEEK), Ok(vec![hours(24, 48)]));
    assert_eq!(busy(&calendar(&[day]), Some("Asia/Tokyo"), WEEK), Ok(vec![hours(15, 39)]));
    let long = "DTSTART:20261201T000000Z\r\nDTEND:20270301T000000Z";
    assert_eq!(read(&[long]), Ok(vec![WEEK]), "it is cut to what was asked");
    let folded = "DTSTART;TZID=\"Europe/Ber\r\n lin\":20270104T100000\r\nDTEND:20270104T100000Z";
    assert_eq!(read(&[folded]), Ok(vec![hours(9, 10)]));
}

#[test]
fn what_does_not_block_is_left_out() {
    let time = "DTSTART:20270104T090000Z\r\nDTEND:20270104T100000Z\r\n";
    for line in ["STATUS:CANCELLED", "TRANSP:TRANSPARENT"] {
        assert_eq!(read(&[&format!("{time}{line}")]), Ok(Vec::new()), "{line}");
    }
    let alarm = format!("{time}BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nDURATION:PT9H\r\nSTATUS:CANCELLED\r\nEND:VALARM");
    assert_eq!(read(&[&alarm]), Ok(vec![hours(9, 10)]));
}

#[test]
fn what_comes_back_comes_back_but_for_exceptions() {
    // Nine in Berlin, every weekday, since summer: the clock moved meanwhile.
    let daily = "DTSTART;TZID=Europe/Berlin:20260601T090000\r\nDTEND;TZID=Europe/Berlin:20260601T100000\r\n\
                 RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\r\nEXDATE;TZID=Europe/Berlin:20270105T090000";
    let expected: Vec<Busy> = [0, 2, 3, 4].map(|day| hours(day * 24 + 8, day * 24 + 9)).to_vec();
    assert_eq!(read(&[daily]), Ok(expected));
    let moved = "DTSTART:20270101T090000Z\r\nDTEND:20270101T100000Z\r\nRRULE:FREQ=DAILY;UNTIL=20270104";
    let elsewhere = "BEGIN:VEVENT\r\nUID:0\r\nRECURRENCE-ID:20270104T090000Z\r\nDTSTART:20270106T120000Z\r\n\
                     DTEND:20270106T130000Z\r\nEND:VEVENT\r\nEND:VCALENDAR";
    let text = calendar(&[moved]).replace("END:VCALENDAR", elsewhere);
    // The end names a day and no zone: the day after may be meant too, and is rather busy than free.
    assert_eq!(busy(&text, None, WEEK), Ok(vec![hours(33, 34), hours(60, 61)]));
}

#[test]
fn what_cannot_be_read_is_never_called_free() {
    let time = "DTSTART:20270104T090000Z\r\nDTEND:20270104T100000Z\r\n";
    for (events, why) in [
        ("DTSTART;TZID=Nowhere/Land:20270104T090000", Unreadable::Zone),
        ("DTSTART:tomorrow", Unreadable::Time),
        ("SUMMARY:no time", Unreadable::Time),
        (&format!("{time}DURATION:x\r\nRRULE:FREQ=SECONDLY"), Unreadable::Rule),
        (&format!("{time}RRULE:FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3"), Unreadable::Rule),
        (&format!("{time}RRULE:nonsense"), Unreadable::Rule),
        (&format!("{time}RRULE:FREQ=WEEKLY;BYDAY=\u{e9}\u{e9}"), Unreadable::Rule),
        (&format!("{time}RRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY"), Unreadable::Rule),
        // The file is read anew for each answer, and may name no zone any more.
        ("DTSTART;VALUE=DATE:20270105", Unreadable::Zone),
        ("DTSTART:20270104T090000\r\nDTEND:20270104T100000", Unreadable::Zone),
        ("DTSTART:20270104T090000Z\r\nDTEND:20270104T100000", Unreadable::Zone),
        (&format!("{time}RDATE:20270105T090000"), Unreadable::Zone),
        (&format!("{time}RRULE:FREQ=DAILY\r\nEXDATE;VALUE=DATE:20270105"), Unreadable::Zone),
        ("DTSTART;TZID=W. Europe Standard Time:20270104T090000", Unreadable::Zone),
        ("DTSTART:00010101T000000Z\r\nRRULE:FREQ=DAILY", Unreadable::Rule),
        ("DTSTART:+262000-01-01T000000Z\r\nRRULE:FREQ=DAILY", Unreadable::Time),
        (&format!("DTSTART:20270104T090000Z\r\nDURATION:P{}", "999999W".repeat(1000)), Unreadable::Time),
        (&format!("{time}RRULE:FREQ=DAILY;COUNT=99999999999999999999"), Unreadable::Rule),
    ] {
        assert_eq!(read(&[events]), Err(why), "{events}");
    }
    let never = format!("{time}RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30");
    assert_eq!(read(&[&never]), Ok(vec![hours(9, 10)]), "its own time is taken, whatever the rule says");
    let dates = format!("{time}RDATE:20270105T090000Z,20270106T090000Z\r\nEXDATE:20270105T090000Z");
    assert_eq!(read(&[&dates]), Ok(vec![hours(9, 10), hours(57, 58)]));
    assert_eq!(busy("hello", None, WEEK), Err(Unreadable::NoCalendar));
    let cut = calendar(&[time]);
    assert_eq!(busy(&cut[..cut.len() - 20], None, WEEK), Err(Unreadable::NoCalendar));
    let many = "BEGIN:VEVENT\nEND:VEVENT\n".repeat(20_001);
    assert_eq!(busy(&format!("BEGIN:VCALENDAR\n{many}END:VCALENDAR"), None, WEEK), Err(Unreadable::NoCalendar));
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.ics");
    std::fs::write(&large, vec![b' '; (4 << 20) + 1]).unwrap();
    assert_eq!(text(&large), Err(Unreadable::File));
    assert_eq!(text(folder.path()), Err(Unreadable::File));
    // A device never ends, and a pipe would never begin.
    assert_eq!(text("/dev/zero".as_ref()), Err(Unreadable::File));
}

#[test]
fn a_calendar_full_of_work_is_given_up_on() {
    let rule =
        "DTSTART:19010101T000000Z\r\nDTEND:19010101T000100Z\r\nRRULE:FREQ=DAILY;BYDAY=MO;BYMONTHDAY=31;BYMONTH=2";
    assert_eq!(read(&[rule; 5000]), Err(Unreadable::TooMuch));
    let often = "DTSTART:20270104T000000Z\r\nRRULE:FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-1,1,2,3";
    assert!(busy(&calendar(&[often; 20]), None, (MONDAY, MONDAY + 60 * DAY)).is_ok_and(|busy| busy.is_empty()));
}

#[test]
fn a_calendar_that_begins_with_a_mark_of_its_encoding_is_one() {
    let marked = format!("\u{feff}{}", calendar(&["DTSTART:20270104T090000Z\r\nDURATION:PT1H"]));
    assert_eq!(busy(&marked, None, WEEK), Ok(vec![hours(9, 10)]));
}

#[test]
fn a_pair_that_ended_takes_the_permission_along_and_what_is_unreadable_is_let_go() {
    let (alice, mut bob) = pair(&["scheduling"]);
    allows(&bob, "alice");
    asks(&alice, "bob", json!({ "ask": "free-busy" }));
    bob.take_all(&alice.post());
    let set = || bob.act(|tx, _| record::load(tx).map_err(Trouble::from)).unwrap().unwrap();
    assert_eq!((set().owed.len(), set().peers.len()), (1, 1));
    bob.act(unreadable).unwrap();
    assert!(set().owed.is_empty());
    assert!(bob.notices().iter().any(|text| text.contains("a2a calendar set")), "{:?}", bob.notices());
    let revoke = Revoke { peer: "alice".into(), ..Revoke::default() };
    bob.act(|tx, ctx| revoke::change(tx, ctx, &revoke).map(drop)).unwrap();
    assert!(set().peers.is_empty(), "a new pair would be answered unasked");
}

fn allows(side: &Side, peer: &str) {
    let key = side.peer(peer).key.0;
    let record = FreeBusyRecord { file: "/dev/null".into(), peers: vec![key], ..FreeBusyRecord::default() };
    side.act(|tx, _| record::save(tx, &record).map_err(Trouble::from)).unwrap();
}

fn asks(side: &Side, to: &str, payload: Value) {
    let draft = Draft {
        recipient: to.into(),
        intent: Some("scheduling".parse().unwrap()),
        payload: Some(payload),
        ..Draft::default()
    };
    side.act(|tx, ctx| send::write_down(tx, ctx, draft)).unwrap();
}

/// Answers every question that waits as if its owner were busy for one hour.
fn answers(side: &Side) -> Vec<Parcel> {
    let owed = side.act(|tx, _| record::load(tx).map_err(Trouble::from)).unwrap().map_or_else(Vec::new, |set| set.owed);
    for asked in owed {
        side.act(|tx, ctx| answer(tx, ctx, &asked, &[(asked.from + HOUR, asked.from + 2 * HOUR)])).unwrap();
        // A second process that had read the same question.
        side.act(|tx, ctx| answer(tx, ctx, &asked, &[])).unwrap();
    }
    side.post()
}

#[test]
fn a_peer_that_the_owner_named_is_answered_and_nobody_answers_the_answer() {
    let (mut alice, mut bob) = pair(&["scheduling"]);
    allows(&bob, "alice");
    allows(&alice, "bob");
    asks(&alice, "bob", json!({ "ask": "free-busy" }));
    bob.take_all(&alice.post());
    let answer = answers(&bob);
    assert_eq!(answer.len(), 1);
    alice.take_all(&answer);
    let shown = alice.views("bob").remove(1);
    let payload: Value = serde_json::from_str(shown.request.unwrap().payload.expose_to_present()).unwrap();
    assert_eq!((payload["slots"][0]["busy"].clone(), payload["ask"].clone()), (json!(true), json!("free-busy")));
    assert!(shown.reply_to.is_some() && payload["note"].as_str().unwrap().contains("what is not named is free"));
    assert!(bob.events().contains(&"free_busy_told".into()));
    assert!(answers(&alice).is_empty(), "an answer was answered");
}

#[test]
fn nobody_else_is_answered_and_nothing_else() {
    let (alice, mut bob) = pair(&["scheduling"]);
    asks(&alice, "bob", json!({ "ask": "free-busy" }));
    bob.take_all(&alice.post());
    assert!(answers(&bob).is_empty(), "answered without a calendar");
    let nobody = FreeBusyRecord { file: "/dev/null".into(), ..FreeBusyRecord::default() };
    bob.act(|tx, _| record::save(tx, &nobody).map_err(Trouble::from)).unwrap();
    asks(&alice, "bob", json!({ "ask": "free-busy" }));
    bob.take_all(&alice.post());
    assert!(answers(&bob).is_empty(), "answered without the owner's word for this peer");
    allows(&bob, "alice");
    asks(&alice, "bob", json!({ "ask": "propose", "title": "free-busy" }));
    let past = json!([{ "start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z" }]);
    asks(&alice, "bob", json!({ "ask": "free-busy", "slots": past }));
    bob.take_all(&alice.post());
    assert!(answers(&bob).is_empty(), "something else was answered");
}

#[test]
fn the_rule_never_and_the_limits_of_the_pair_stand_before_it() {
    let (alice, mut bob) = pair(&["scheduling"]);
    allows(&bob, "alice");
    let key = bob.peer("alice").key;
    let rule = |rule| {
        let rules = json!({ "rules": [[null, rule]] });
        bob.act(|tx, _| crate::store::budget::set(tx, key, &rules).map_err(Trouble::from)).unwrap();
    };
    rule(Rule::Never);
    asks(&alice, "bob", json!({ "ask": "free-busy" }));
    let parcels = alice.post();
    let mut other = bob;
    other.take_all(&parcels);
    assert!(answers(&other).is_empty(), "the rule was passed over");
    bob = other;
    // To be asked about the rest does not mean to be asked about this.
    let rules = json!({ "rules": [[null, Rule::Ask]] });
    bob.act(|tx, _| crate::store::budget::set(tx, key, &rules).map_err(Trouble::from)).unwrap();
    for number in 0..25 {
        asks(&alice, "bob", json!({ "ask": "free-busy", "note": format!("{number}") }));
    }
    bob.take_all(&alice.post());
    assert_eq!(answers(&bob).len(), 20, "the limits of an hour");
}

#[test]
fn what_is_told_has_an_end_and_a_number() {
    let now = Timestamp::from_secs(u64::try_from(MONDAY).unwrap());
    let asked = |payload: Value| a2a_proto::content::Request {
        intent: "scheduling".parse().unwrap(),
        payload: payload.to_string(),
    };
    let far = json!([{ "start": "2020-01-01T00:00:00Z", "end": "2099-01-01T00:00:00Z" }]);
    let window = super::question::window(&asked(json!({ "ask": "free-busy", "slots": far })), now).unwrap();
    assert_eq!(window, (MONDAY, MONDAY + 60 * DAY));
    let busy: Vec<Busy> = (0..80).map(|at| hours(2 * at, 2 * at + 1)).collect();
    let (body, payload) = super::question::answer(window, &busy);
    assert_eq!(payload["slots"].as_array().unwrap().len(), 50);
    assert!(payload["note"].as_str().unwrap().contains("to 2027-01-08T04:00:00Z"), "{payload}");
    assert!(body.contains("by rule"));
    assert_eq!(Draft::default().hand, Hand::Agent);
}
