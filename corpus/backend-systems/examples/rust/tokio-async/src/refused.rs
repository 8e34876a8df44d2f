//! What the compiler refuses in asynchronous code, each beside the form that it takes.
//!
//! A value that is not `Send` lives over an await in a spawned task:
//!
//! ```compile_fail
//! # async fn wait() {}
//! tokio::spawn(async { // error: future cannot be sent between threads safely
//!     let name = std::rc::Rc::new("ada");
//!     wait().await;
//!     println!("{name}");
//! });
//! ```
//! ```
//! # async fn wait() {}
//! # async fn demo() {
//! tokio::spawn(async {
//!     let name = std::sync::Arc::new("ada");
//!     wait().await;
//!     println!("{name}");
//! });
//! tokio::spawn(async {
//!     let length = {
//!         let name = std::rc::Rc::new("ada");
//!         name.len()
//!     }; // the Rc ended before the await
//!     wait().await;
//!     println!("{length}");
//! });
//! # }
//! ```
//!
//! An `Rc` that comes from outside is E0277, as is one in a generic bound:
//!
//! ```compile_fail,E0277
//! let name = std::rc::Rc::new("ada");
//! tokio::spawn(async move { println!("{name}") });
//! ```
//!
//! A std guard over an await; a `drop` does not suffice once the guard was used, only the end of its scope:
//!
//! ```compile_fail
//! # async fn wait() {}
//! # fn demo(hits: std::sync::Arc<std::sync::Mutex<u64>>) {
//! tokio::spawn(async move {
//!     let mut hits = hits.lock().unwrap();
//!     *hits += 1;
//!     wait().await;
//! });
//! # }
//! ```
//! ```compile_fail
//! # async fn wait() {}
//! # fn demo(hits: std::sync::Arc<std::sync::Mutex<u64>>) {
//! tokio::spawn(async move {
//!     let mut guard = hits.lock().unwrap();
//!     *guard += 1;
//!     drop(guard);
//!     wait().await;
//! });
//! # }
//! ```
//! ```
//! # async fn wait() {}
//! # fn demo(hits: std::sync::Arc<std::sync::Mutex<u64>>) {
//! tokio::spawn(async move {
//!     {
//!         let mut guard = hits.lock().unwrap();
//!         *guard += 1;
//!     }
//!     wait().await;
//! });
//! # }
//! ```
//!
//! A guard that was never used is the exception:
//!
//! ```
//! # async fn wait() {}
//! # fn demo(gate: std::sync::Arc<std::sync::Mutex<()>>) {
//! tokio::spawn(async move {
//!     let guard = gate.lock().unwrap();
//!     drop(guard);
//!     wait().await;
//! });
//! # }
//! ```
//!
//! A std guard in the scrutinee of `if let` or `match` lives to the end of the block:
//!
//! ```compile_fail
//! # async fn wait() {}
//! # fn demo(name: std::sync::Arc<std::sync::Mutex<Option<String>>>) {
//! tokio::spawn(async move {
//!     if let Some(_name) = name.lock().unwrap().take() {
//!         wait().await;
//!     }
//! });
//! # }
//! ```
//! ```
//! # async fn wait() {}
//! # fn demo(name: std::sync::Arc<std::sync::Mutex<Option<String>>>) {
//! tokio::spawn(async move {
//!     let taken = name.lock().unwrap().take();
//!     if let Some(_name) = taken {
//!         wait().await;
//!     }
//! });
//! # }
//! ```
//!
//! A task that borrows from the function that spawns it:
//!
//! ```compile_fail,E0373
//! # async fn demo() {
//! let names = vec!["ada"];
//! tokio::spawn(async { println!("{}", names.len()) });
//! # }
//! ```
//! ```compile_fail,E0521
//! async fn demo(name: &str) {
//!     tokio::spawn(async move { println!("{name}") });
//! }
//! ```
//! ```compile_fail,E0597
//! # async fn demo() {
//! let name = String::from("ada");
//! let borrowed = name.as_str();
//! tokio::spawn(async move { println!("{borrowed}") });
//! # }
//! ```
//! ```
//! # async fn demo(name: &str) {
//! let names = vec!["ada"];
//! tokio::spawn(async move { println!("{}", names.len()) });
//! let owned = name.to_owned();
//! tokio::spawn(async move { println!("{owned}") });
//! # }
//! ```
//!
//! A trait with an `async fn` as trait object:
//!
//! ```compile_fail,E0038
//! trait Mailer { async fn send(&self, to: &str); }
//! fn notify(mailer: &dyn Mailer) {}
//! ```
//!
//! A generic task over a trait whose `async fn` does not promise `Send`:
//!
//! ```compile_fail
//! trait Store { async fn load(&self, id: u64) -> u64; }
//! fn start<S: Store + Send + Sync + 'static>(store: S) {
//!     tokio::spawn(async move { store.load(1).await }); // error: future cannot be sent
//! }
//! ```
//! ```
//! trait Store { fn load(&self, id: u64) -> impl Future<Output = u64> + Send; }
//! fn start<S: Store + Send + Sync + 'static>(store: S) {
//!     tokio::spawn(async move { store.load(1).await });
//! }
//! ```
//!
//! An implementation whose future is not `Send`, where the trait promises it:
//!
//! ```compile_fail
//! # async fn wait() {}
//! trait Store { fn load(&self) -> impl Future<Output = u64> + Send; }
//! struct Memory;
//! impl Store for Memory {
//!     async fn load(&self) -> u64 {
//!         let one = std::rc::Rc::new(1);
//!         wait().await;
//!         *one
//!     }
//! }
//! ```
//!
//! `AsyncFn` cannot promise `Send` either:
//!
//! ```compile_fail
//! fn start(job: impl AsyncFn() + Send + 'static) {
//!     tokio::spawn(async move { job().await }); // error: future cannot be sent
//! }
//! ```
//!
//! A closure with an async block cannot lend what it captured; an async closure can:
//!
//! ```compile_fail
//! # async fn call<Fut: Future<Output = ()>>(mut job: impl FnMut() -> Fut) { job().await; job().await }
//! # async fn demo() {
//! let mut seen = Vec::new();
//! call(|| async { seen.push(1) }).await; // error: captured variable cannot escape `FnMut` closure body
//! # }
//! ```
//! ```
//! # async fn call(mut job: impl AsyncFnMut()) { job().await; job().await }
//! # async fn demo() {
//! let mut seen = Vec::new();
//! call(async || seen.push(1)).await;
//! # }
//! ```
//!
//! `await` outside of an async function, and recursion without a box:
//!
//! ```compile_fail,E0728
//! # async fn load(id: u64) -> u64 { id }
//! async fn demo() -> Vec<u64> {
//!     [1, 2].into_iter().map(|id| load(id).await).collect()
//! }
//! ```
//! ```
//! # async fn load(id: u64) -> u64 { id }
//! async fn demo() -> Vec<u64> {
//!     futures::future::join_all([1, 2].into_iter().map(load)).await
//! }
//! ```
//! ```compile_fail,E0733
//! async fn depth(n: u64) -> u64 {
//!     if n == 0 { 0 } else { 1 + depth(n - 1).await }
//! }
//! ```
//!
//! A future that is not pinned, in `select!` by reference and as a stream:
//!
//! ```compile_fail,E0277
//! # async fn load() {}
//! # async fn demo() {
//! let mut work = load();
//! tokio::select! {
//!     () = &mut work => {}
//!     () = std::future::ready(()) => {}
//! }
//! # }
//! ```
//! ```
//! # async fn load() {}
//! # async fn demo() {
//! let mut work = std::pin::pin!(load());
//! tokio::select! {
//!     () = &mut work => {}
//!     () = std::future::ready(()) => {}
//! }
//! # }
//! ```
