//! The running service: configuration, state, database, logs, metrics, health and shutdown.

pub mod config;
pub mod database;
pub mod frameworks;
pub mod health;
pub mod lifecycle;
pub mod state;
pub mod supervise;
pub mod telemetry;
