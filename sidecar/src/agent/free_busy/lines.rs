//! The lines of an iCalendar text (RFC 5545, section 3.1), and its events, as far as free and busy needs them.

/// One property: its name, its parameters, its value; names in capitals.
pub(super) struct Line {
    pub(super) name: String,
    parameters: Vec<(String, String)>,
    pub(super) value: String,
}

impl Line {
    /// A parameter's value.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// An event's own properties, without those of its alarms.
#[derive(Default)]
pub(super) struct Event {
    lines: Vec<Line>,
}

impl Event {
    /// The first property of that name.
    pub(super) fn first(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == name)
    }

    /// Every property of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.name == name)
    }
}

/// A calendar's events, and the time zone that it names for itself.
#[derive(Default)]
pub(super) struct Events {
    pub(super) events: Vec<Event>,
    pub(super) zone: Option<String>,
}

/// Reads a text; none when it is no calendar, or has more than `most` events.
pub(super) fn read(text: &str, most: usize) -> Option<Events> {
    let (mut found, mut open, mut is_calendar) = (Events::default(), Vec::<String>::new(), false);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for line in unfold(text).iter().filter(|line| !line.trim().is_empty()) {
        let line = parse(line)?;
        let inside = open.last().map_or("", String::as_str);
        match (line.name.as_str(), inside) {
            ("BEGIN", _) => {
                let what = line.value.trim().to_ascii_uppercase();
                is_calendar |= what == "VCALENDAR";
                if what == "VEVENT" {
                    found.events.push(Event::default());
                }
                open.push(what);
            }
            ("END", _) => drop(open.pop()),
            (_, "VEVENT") => found.events.last_mut()?.lines.push(line),
            ("X-WR-TIMEZONE", "VCALENDAR") => found.zone = Some(line.value.trim().to_owned()),
            _ => {}
        }
        if found.events.len() > most {
            return None;
        }
    }
    // A file that ends in the middle was cut off.
    (is_calendar && open.is_empty()).then_some(found)
}

/// Joins what was folded: a line that begins with a blank goes on with the one before.
fn unfold(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some(last)) => last.push_str(more),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// `NAME;PARAMETER="value":value`.
fn parse(line: &str) -> Option<Line> {
    let mut quoted = false;
    let outside = |c: char| {
        quoted ^= c == '"';
        c == ':' && !quoted
    };
    let (head, value) = line.split_at(line.find(outside)?);
    let mut parts = head.split(';');
    let name = parts.next()?.trim().to_ascii_uppercase();
    let parameters = parts.filter_map(|part| part.split_once('='));
    let parameters =
        parameters.map(|(name, value)| (name.to_ascii_uppercase(), value.trim_matches('"').to_owned())).collect();
    Some(Line { name, parameters, value: value.get(1..)?.to_owned() })
}
