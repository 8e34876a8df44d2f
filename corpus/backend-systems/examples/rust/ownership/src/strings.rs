//! Text that is borrowed, owned or shared.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use serde::Deserialize;

// region: cow
pub fn normalise(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase()) // allocates only here
    } else {
        Cow::Borrowed(name)
    }
}
// endregion: cow

// region: serde-borrow
#[derive(Deserialize)]
pub struct Event<'a> {
    pub id: u64,
    #[serde(borrow)]
    pub name: Cow<'a, str>, // owned where the JSON text holds an escape
}

pub fn count_named(lines: &str, name: &str) -> usize {
    let events = lines.lines().filter_map(|line| serde_json::from_str::<Event>(line).ok());
    events.filter(|event| event.name == name).count()
}
// endregion: serde-borrow

/// The mistake: refuses text with an escape at run time.
#[derive(Debug, Deserialize)]
pub struct StrictEvent<'a> {
    pub id: u64,
    pub name: &'a str,
}

/// The mistake: without the attribute serde always allocates an owned text.
#[derive(Deserialize)]
pub struct CopyingEvent<'a> {
    pub name: Cow<'a, str>,
}

// region: shared-text
#[derive(Clone)]
pub struct Tenant {
    pub name: Arc<str>, // cloning counts a reference up and copies no text
}

impl Tenant {
    pub fn new(name: &str) -> Self {
        Self { name: Arc::from(name) } // one allocation and one copy
    }
}
// endregion: shared-text

// region: bytes
pub fn header_of(packet: &Bytes) -> Bytes {
    packet.slice(..4) // shares the buffer, and keeps all of it alive
}

pub fn kept_header(packet: &Bytes) -> Bytes {
    Bytes::copy_from_slice(&packet[..4]) // four bytes of its own
}
// endregion: bytes

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cow_borrows_when_it_can() {
        assert!(matches!(normalise("ada"), Cow::Borrowed("ada")));
        assert!(matches!(normalise("Ada"), Cow::Owned(name) if name == "ada"));
    }

    #[test]
    fn events_borrow_from_the_line() {
        let plain: Event = serde_json::from_str(r#"{"id":1,"name":"ada"}"#).expect("valid");
        assert!(matches!((plain.id, plain.name), (1, Cow::Borrowed(_))));
        let escaped: Event = serde_json::from_str(r#"{"id":1,"name":"a\"da"}"#).expect("valid");
        assert!(matches!(escaped.name, Cow::Owned(_)));
        let copied: CopyingEvent = serde_json::from_str(r#"{"name":"ada"}"#).expect("valid");
        assert!(matches!(copied.name, Cow::Owned(_)));
        assert_eq!(count_named("{\"id\":1,\"name\":\"ada\"}\n{\"id\":2,\"name\":\"bob\"}", "ada"), 1);
        let error = serde_json::from_str::<StrictEvent>(r#"{"id":1,"name":"a\"da"}"#).expect_err("escaped");
        assert!(error.to_string().starts_with(r#"invalid type: string "a\"da", expected a borrowed string"#));
    }

    #[test]
    fn sizes_of_the_handles() {
        assert_eq!(size_of::<String>(), 24);
        assert_eq!((size_of::<&str>(), size_of::<Arc<str>>(), size_of::<Box<str>>()), (16, 16, 16));
        assert_eq!((size_of::<Cow<'_, str>>(), size_of::<Bytes>()), (24, 32));
        assert_eq!((size_of::<Option<Arc<str>>>(), size_of::<Arc<String>>()), (16, 8));
        assert_eq!((size_of::<Option<String>>(), size_of::<Option<Cow<'_, str>>>()), (24, 24));
        assert_eq!((size_of::<Option<&str>>(), size_of::<Option<Bytes>>()), (16, 32));
    }

    #[test]
    fn a_slice_of_bytes_shares_the_buffer() {
        let packet = Bytes::from(vec![7_u8; 1 << 20]);
        assert_eq!(header_of(&packet).as_ptr(), packet.as_ptr());
        assert_ne!(kept_header(&packet).as_ptr(), packet.as_ptr());
        let tenant = Tenant::new("ada");
        assert_eq!(tenant.clone().name.as_ptr(), tenant.name.as_ptr());
    }
}
