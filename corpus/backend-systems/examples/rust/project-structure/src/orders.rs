// region: module-file
//! Orders: src/orders.rs names the parts, src/orders/*.rs hold them.

mod http; // handlers, request and response types
mod model; // rules and the trait that the rules need
mod store; // the trait over a database

pub use http::routes;
pub use model::{Order, Orders};
pub use store::MemoryOrders;
// endregion: module-file
