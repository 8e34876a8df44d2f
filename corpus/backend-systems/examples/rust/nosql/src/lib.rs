//! Models and access patterns for Redis, MongoDB, DynamoDB and Cassandra.

pub mod keys;
pub mod mongo;
pub mod store;
