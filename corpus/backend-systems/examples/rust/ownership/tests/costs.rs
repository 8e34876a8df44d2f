//! Counts allocations of the current thread, to prove what a clone costs.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    borrow::Cow,
    cell::Cell,
    sync::Arc,
};

use bytes::Bytes;
use ownership::{
    params::Order,
    strings::{Event, Tenant, header_of, normalise},
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(work: impl FnOnce() -> T) -> usize {
    let before = ALLOCATIONS.get();
    let result = work();
    let after = ALLOCATIONS.get();
    drop(result);
    after - before
}

#[test]
fn clones_of_owners_are_free_of_allocations() {
    let list = vec![String::from("a"); 100];
    assert_eq!(allocations(|| list.clone()), 101, "the list and each text");
    let shared = Arc::new(list);
    assert_eq!(allocations(|| shared.clone()), 0);
    let tenant = Tenant::new("ada");
    assert_eq!(allocations(|| tenant.clone()), 0);
    assert_eq!(allocations(|| Tenant::new("ada")), 1);
    let packet = Bytes::from(vec![0_u8; 1000]);
    let second = packet.clone(); // the first clone of a Bytes from a Vec may allocate its counter
    assert_eq!(allocations(|| header_of(&second)), 0);
    assert_eq!(allocations(String::new), 0);
    assert_eq!(allocations(Vec::<u64>::new), 0);
}

#[test]
fn a_borrowed_cow_and_a_borrowed_event_allocate_nothing() {
    assert_eq!(allocations(|| normalise("ada").len()), 0);
    assert_eq!(allocations(|| normalise("Ada").len()), 1);
    let line = r#"{"id":1,"name":"ada"}"#;
    assert_eq!(allocations(|| serde_json::from_str::<Event>(line).map(|event| event.id).ok()), 0);
    let owned: Cow<'_, str> = normalise("Ada");
    assert_eq!(allocations(|| owned.into_owned()), 0, "already owned: moved out");
}

#[test]
fn into_moves_a_string_and_copies_a_literal() {
    let name = String::from("ada");
    assert_eq!(allocations(|| Order::new(name, vec![])), 0);
    assert_eq!(allocations(|| Order::new("ada", vec![])), 1);
    let shared = Arc::new(vec![1; 100]);
    assert_eq!(allocations(|| Arc::unwrap_or_clone(shared)), 0, "the last owner takes the value");
    let shared = Arc::new(vec![1; 100]);
    let _other = shared.clone();
    assert_eq!(allocations(|| Arc::unwrap_or_clone(shared)), 1, "shared: copied");
}
