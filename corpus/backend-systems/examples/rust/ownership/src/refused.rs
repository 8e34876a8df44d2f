//! What the borrow checker refuses, each beside the form that it takes.
//!
//! E0382: use of a value that has moved, into a loop, a function or a closure:
//!
//! ```compile_fail,E0382
//! # fn send(_: String) {}
//! let name = String::from("ada");
//! for _ in 0..2 {
//!     send(name);
//! }
//! ```
//! ```
//! # fn send(_: String) {}
//! let name = String::from("ada");
//! for _ in 0..2 {
//!     send(name.clone());
//! }
//! send(name); // the last use moves
//! ```
//! ```compile_fail,E0382
//! let rows = vec![1, 2];
//! for row in rows {}
//! println!("{}", rows.len());
//! ```
//! ```
//! let rows = vec![1, 2];
//! for row in &rows {}
//! println!("{}", rows.len());
//! ```
//! ```compile_fail,E0382
//! let found = Some(String::from("ada"));
//! if let Some(name) = found {}
//! println!("{found:?}");
//! ```
//! ```
//! let found = Some(String::from("ada"));
//! if let Some(name) = &found {}
//! println!("{found:?}");
//! ```
//!
//! E0499: two mutable borrows at once, in one collection or through a method:
//!
//! ```compile_fail,E0499
//! let mut rows = vec![1, 2];
//! let (a, b) = (&mut rows[0], &mut rows[1]);
//! std::mem::swap(a, b);
//! ```
//! ```
//! let mut rows = vec![1, 2];
//! if let Ok([a, b]) = rows.get_disjoint_mut([0, 1]) {
//!     std::mem::swap(a, b);
//! }
//! ```
//! ```compile_fail,E0499
//! struct Shop { orders: Vec<u32>, total: u32 }
//! impl Shop {
//!     fn orders(&mut self) -> &mut Vec<u32> { &mut self.orders }
//!     fn add(&mut self, amount: u32) { self.total += amount; }
//!     fn sum_up(&mut self) {
//!         for order in self.orders().iter_mut() {
//!             self.add(*order);
//!         }
//!     }
//! }
//! ```
//!
//! E0499 too: a mutable borrow that is returned on one path counts on the other (an early return of a borrow):
//!
//! ```compile_fail,E0499
//! # use std::collections::HashMap;
//! fn lines(map: &mut HashMap<u64, Vec<u32>>) -> &mut Vec<u32> {
//!     if let Some(lines) = map.get_mut(&1) {
//!         return lines;
//!     }
//!     map.entry(1).or_default()
//! }
//! ```
//! ```
//! # use std::collections::HashMap;
//! fn lines(map: &mut HashMap<u64, Vec<u32>>) -> &mut Vec<u32> {
//!     map.entry(1).or_default()
//! }
//! ```
//!
//! E0502: a change while a shared borrow is alive:
//!
//! ```compile_fail,E0502
//! let mut rows = vec![1, 2];
//! for row in &rows {
//!     rows.push(*row);
//! }
//! ```
//! ```
//! let mut rows = vec![1, 2];
//! rows.extend_from_within(..);
//! rows.retain(|row| *row > 1);
//! rows.push(rows.len()); // a borrow that ends before the push begins
//! ```
//! ```compile_fail,E0502
//! # use std::collections::HashMap;
//! let mut ages = HashMap::from([("ada", 1)]);
//! let age = ages.get("ada");
//! ages.insert("bob", 2);
//! println!("{age:?}");
//! ```
//! ```
//! # use std::collections::HashMap;
//! let mut ages = HashMap::from([("ada", 1)]);
//! let age = ages.get("ada").copied();
//! ages.insert("bob", 2);
//! println!("{age:?}");
//! ```
//!
//! E0505: a move while a borrow is alive:
//!
//! ```compile_fail,E0505
//! let name = String::from("ada");
//! let first = name.as_str();
//! drop(name);
//! println!("{first}");
//! ```
//! ```
//! let name = String::from("ada");
//! let first = name.as_str();
//! println!("{first}");
//! drop(name);
//! ```
//!
//! E0505 from edition 2024: an `impl Trait` result captures the borrow of its arguments, until `use<>` says otherwise:
//!
//! ```compile_fail,E0505,edition2024
//! fn size(name: &String) -> impl Fn() -> usize {
//!     let size = name.len();
//!     move || size
//! }
//! let name = String::from("ada");
//! let size = size(&name);
//! drop(name);
//! size();
//! ```
//! ```edition2024
//! fn size(name: &String) -> impl Fn() -> usize + use<> {
//!     let size = name.len();
//!     move || size
//! }
//! let name = String::from("ada");
//! let size = size(&name);
//! drop(name);
//! size();
//! ```
//! ```edition2021
//! fn size(name: &String) -> impl Fn() -> usize {
//!     let size = name.len();
//!     move || size
//! }
//! let name = String::from("ada");
//! let size = size(&name);
//! drop(name);
//! size();
//! ```
//!
//! E0507: a move out of something that is only borrowed, indexed or shared:
//!
//! ```compile_fail,E0507
//! struct Batch { rows: Vec<u32> }
//! fn flush(batch: &mut Batch) -> Vec<u32> { batch.rows }
//! ```
//! ```compile_fail,E0507
//! let names = vec![String::from("ada")];
//! let first = names[0];
//! ```
//! ```compile_fail,E0507
//! let name = std::sync::Arc::new(Some(String::from("ada")));
//! let text = name.unwrap();
//! ```
//! ```
//! struct Batch { rows: Vec<u32> }
//! fn flush(batch: &mut Batch) -> Vec<u32> { std::mem::take(&mut batch.rows) }
//! let mut names = vec![String::from("ada")];
//! let first = names.swap_remove(0);
//! let name = std::sync::Arc::new(Some(String::from("ada")));
//! let text: Option<&str> = name.as_deref();
//! ```
//!
//! E0515 and E0106: a reference to something that ends with the function:
//!
//! ```compile_fail,E0515
//! fn greeting(name: &str) -> &str {
//!     let text = format!("hello {name}");
//!     &text
//! }
//! ```
//! ```compile_fail,E0106
//! fn greeting() -> &str { "hello" }
//! ```
//! ```compile_fail,E0106
//! struct User { name: &str }
//! ```
//! ```
//! fn greeting(name: &str) -> String { format!("hello {name}") }
//! fn fixed() -> &'static str { "hello" }
//! struct User { name: String }
//! ```
//!
//! E0597: a value that ends while its borrow is still in use:
//!
//! ```compile_fail,E0597
//! let mut longest = "";
//! {
//!     let line = String::from("a line");
//!     longest = line.as_str();
//! }
//! println!("{longest}");
//! ```
//! ```
//! let mut longest = String::new();
//! {
//!     let line = String::from("a line");
//!     longest = line;
//! }
//! println!("{longest}");
//! ```
//!
//! E0716: a temporary that ends with its statement:
//!
//! ```compile_fail,E0716
//! let name = String::from(" ada ").trim();
//! println!("{name}");
//! ```
//! ```compile_fail,E0716
//! # use std::sync::Mutex;
//! let names = Mutex::new(vec![String::from("ada")]);
//! let first = names.lock().unwrap().first();
//! println!("{first:?}");
//! ```
//! ```
//! # use std::sync::Mutex;
//! let text = String::from(" ada ");
//! let name = text.trim();
//! println!("{name}");
//! let names = Mutex::new(vec![String::from("ada")]);
//! let first = names.lock().unwrap().first().cloned();
//! println!("{first:?}");
//! ```
//!
//! E0373: a thread that may outlive what its closure borrows:
//!
//! ```compile_fail,E0373
//! let names = vec!["ada"];
//! std::thread::spawn(|| println!("{}", names.len()));
//! ```
//! ```
//! let names = vec!["ada"];
//! std::thread::scope(|scope| { scope.spawn(|| println!("{}", names.len())); });
//! std::thread::spawn(move || println!("{}", names.len()));
//! ```
//!
//! E0277: types that may not cross or be shared between threads:
//!
//! ```compile_fail,E0277
//! let name = std::rc::Rc::new("ada");
//! std::thread::spawn(move || println!("{name}"));
//! ```
//! ```compile_fail,E0277
//! let hits = std::sync::Arc::new(std::cell::RefCell::new(0));
//! std::thread::spawn(move || *hits.borrow_mut() += 1);
//! ```
//! ```compile_fail,E0277
//! static HITS: std::cell::Cell<u32> = std::cell::Cell::new(0);
//! ```
//! ```
//! let name = std::sync::Arc::new("ada");
//! std::thread::spawn(move || println!("{name}"));
//! let hits = std::sync::Arc::new(std::sync::Mutex::new(0));
//! std::thread::spawn(move || *hits.lock().unwrap() += 1);
//! static HITS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
//! ```
//!
//! E0596 and E0594: a change through something that is not mutable, such as an `Arc`:
//!
//! ```compile_fail,E0596
//! let rows = std::sync::Arc::new(vec![1]);
//! rows.push(2);
//! ```
//! ```compile_fail,E0596
//! let rows = vec![1];
//! rows.push(2);
//! ```
//! ```compile_fail,E0594
//! struct Hits { count: u32 }
//! fn hit(hits: &Hits) { hits.count += 1; }
//! ```
//! ```
//! let mut rows = std::sync::Arc::new(vec![1]);
//! std::sync::Arc::make_mut(&mut rows).push(2);
//! struct Hits { count: std::sync::atomic::AtomicU32 }
//! fn hit(hits: &Hits) { hits.count.fetch_add(1, std::sync::atomic::Ordering::Relaxed); }
//! ```
//!
//! A reference to a `static mut` is denied in edition 2024:
//!
//! ```compile_fail,edition2024
//! static mut HITS: Vec<u32> = Vec::new();
//! unsafe { HITS.push(1); } // error: creating a mutable reference to mutable static
//! ```
//!
//! `let _` with a std lock is denied:
//!
//! ```compile_fail
//! let gate = std::sync::Mutex::new(());
//! let _ = gate.lock(); // error: non-binding let on a synchronization lock
//! ```
//!
//! A struct that borrows from itself cannot be built:
//!
//! ```compile_fail,E0505
//! struct Page<'a> { text: String, first: &'a str }
//! let text = String::from("ada bob");
//! let first = text.split(' ').next().unwrap();
//! let page = Page { text, first };
//! ```
//! ```
//! struct Page { text: String, first: std::ops::Range<usize> }
//! impl Page {
//!     fn first(&self) -> &str { &self.text[self.first.clone()] }
//! }
//! let text = String::from("ada bob");
//! let page = Page { first: 0..text.find(' ').unwrap_or(text.len()), text };
//! assert_eq!(page.first(), "ada");
//! ```
//!
//! A reader has no text that a result could borrow from:
//!
//! ```compile_fail
//! # use serde::Deserialize;
//! #[derive(Deserialize)]
//! struct Event<'a> { name: &'a str }
//! let file: &[u8] = br#"{"name":"ada"}"#;
//! let event: Event = serde_json::from_reader(file).unwrap(); // not general enough
//! ```
//! ```
//! # use serde::Deserialize;
//! #[derive(Deserialize)]
//! struct Event<'a> { name: &'a str }
//! let text: &[u8] = br#"{"name":"ada"}"#;
//! let event: Event = serde_json::from_slice(text).unwrap();
//! ```
//!
//! Edition 2024 drops the guard in the head of `if let` before `else`; edition 2021 deadlocks there:
//!
//! ```edition2024
//! # use std::{sync::Mutex, thread, time::Duration};
//! let (done, ended) = std::sync::mpsc::channel();
//! thread::spawn(move || {
//!     let names = Mutex::new(Vec::<u32>::new());
//!     if let Some(last) = names.lock().unwrap().pop() { println!("{last}") } else { names.lock().unwrap().push(1) }
//!     done.send(()).unwrap();
//! });
//! assert!(ended.recv_timeout(Duration::from_secs(5)).is_ok());
//! ```
//! ```edition2021
//! # use std::{sync::Mutex, thread, time::Duration};
//! let (done, ended) = std::sync::mpsc::channel();
//! thread::spawn(move || {
//!     let names = Mutex::new(Vec::<u32>::new());
//!     if let Some(last) = names.lock().unwrap().pop() { println!("{last}") } else { names.lock().unwrap().push(1) }
//!     done.send(()).unwrap();
//! });
//! assert!(ended.recv_timeout(Duration::from_millis(150)).is_err());
//! ```
