//! A form with files: its fields first, then each file as a stream, behind the same checks as every other form.
//!
//! ```text
//!  secret ─► checked ─► other fields (small) ─► file, file, …: read by whoever asked for them, never held whole
//! ```
//!
//! The secret stands first, so nothing else of a form is read before it was checked.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use futures_util::TryStreamExt as _;
use futures_util::stream::MapErr;
use multer::{Constraints, Field, Multipart, SizeLimit};
use tokio_util::io::StreamReader;

use super::form::{Fields, SECRET};
use super::room::Room;
use super::routes::MAX_FORM_BYTES;
use super::serve::{not_here, too_long};
use crate::error::Words;

/// More is not even read to be thrown away.
const MAX_UPLOAD_BYTES: u64 = 2 << 30;

/// A form that came from a page of this console, read up to its first file.
pub(super) struct Upload {
    fields: Fields,
    parts: Multipart<'static>,
    /// The first file's part, which ended the fields.
    found: Option<Field<'static>>,
    /// Whether a file was handed out already.
    has_files: bool,
}

/// A file that was chosen.
pub(super) struct Chosen {
    /// What it is called, in the browser's words.
    pub(super) name: String,
    /// Its bytes, as they come.
    pub(super) bytes: FileBytes,
}

/// The bytes of one file, to be read once.
type FileBytes = StreamReader<MapErr<Field<'static>, fn(multer::Error) -> std::io::Error>, Bytes>;

impl FromRequest<Arc<Room>> for Upload {
    type Rejection = Response;

    async fn from_request(request: Request, room: &Arc<Room>) -> Result<Self, Response> {
        let headers = request.headers().clone();
        match read(request, &headers, room).await {
            Ok(upload) => Ok(upload),
            Err(Refused::TooLarge) => Err(too_long(room, &headers).await),
            Err(Refused::NotOurs) => Err(not_here().await),
        }
    }
}

/// Why nothing more is read.
enum Refused {
    /// It is no such form, or comes from elsewhere.
    NotOurs,
    /// The fields are larger than any form of ours.
    TooLarge,
}

impl From<multer::Error> for Refused {
    fn from(_: multer::Error) -> Self {
        Self::NotOurs
    }
}

async fn read(request: Request, headers: &HeaderMap, room: &Room) -> Result<Upload, Refused> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).ok_or(Refused::NotOurs)?;
    let boundary = multer::parse_boundary(kind)?;
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(MAX_UPLOAD_BYTES));
    let mut parts = Multipart::with_constraints(request.into_body().into_data_stream(), boundary, limits);
    let mut room_left = MAX_FORM_BYTES;
    let mut first = parts.next_field().await?.ok_or(Refused::NotOurs)?;
    if first.name() != Some(SECRET) || !room.gate.accepts(headers, &text(&mut first, &mut room_left).await?) {
        return Err(Refused::NotOurs);
    }
    drop(first);
    match typed(&mut parts, room_left).await {
        Ok((fields, found)) => Ok(Upload { fields: fields.into(), parts, found, has_files: false }),
        Err(refused) => {
            Upload { fields: Fields::default(), parts, found: None, has_files: false }.finish().await;
            Err(refused)
        }
    }
}

/// What was typed, and the part of the first file, which ends it.
type Typed = (Vec<(String, String)>, Option<Field<'static>>);

async fn typed(parts: &mut Multipart<'static>, mut room_left: usize) -> Result<Typed, Refused> {
    let mut fields = Vec::new();
    loop {
        match parts.next_field().await? {
            Some(file) if file.file_name().is_some() => return Ok((fields, Some(file))),
            Some(mut field) => {
                let name = field.name().ok_or(Refused::NotOurs)?.to_owned();
                fields.push((name, text(&mut field, &mut room_left).await?));
            }
            None => return Ok((fields, None)),
        }
    }
}

/// A field's text, while there is room for it.
async fn text(field: &mut Field<'static>, room_left: &mut usize) -> Result<String, Refused> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await? {
        *room_left = room_left.checked_sub(piece.len()).ok_or(Refused::TooLarge)?;
        bytes.extend_from_slice(&piece);
    }
    String::from_utf8(bytes).map_err(|_| Refused::NotOurs)
}

impl Upload {
    /// What was typed.
    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The next file that was chosen. A field of files in which none was chosen comes without a name.
    pub(super) async fn file(&mut self) -> Result<Option<Chosen>, Words> {
        loop {
            let next = match self.found.take() {
                Some(found) => Some(found),
                None => self.parts.next_field().await.map_err(|_| interrupted())?,
            };
            let Some(field) = next else { return Ok(None) };
            match field.file_name().map(str::to_owned) {
                Some(name) if !name.is_empty() => {
                    self.has_files = true;
                    let failed: fn(multer::Error) -> std::io::Error = std::io::Error::other;
                    return Ok(Some(Chosen { name, bytes: StreamReader::new(field.map_err(failed)) }));
                }
                _ => {}
            }
        }
    }

    /// Reads on to the end: a browser shows no answer to a form that it could not send whole. Tells whether files were chosen.
    pub(super) async fn finish(mut self) -> bool {
        let found = self.found.take();
        let mut has_files = self.has_files || found.as_ref().is_some_and(is_chosen);
        drop(found);
        while let Ok(Some(mut field)) = self.parts.next_field().await {
            has_files |= is_chosen(&field);
            while let Ok(Some(_)) = field.chunk().await {}
        }
        has_files
    }
}

/// A field of files in which none was chosen comes without a name.
fn is_chosen(field: &Field<'static>) -> bool {
    field.file_name().is_some_and(|name| !name.is_empty())
}

fn interrupted() -> Words {
    Words { what: "the form did not come whole".to_owned(), next: "Send it again.".to_owned() }
}
