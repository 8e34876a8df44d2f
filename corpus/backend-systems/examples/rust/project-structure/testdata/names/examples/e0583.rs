mod billing; // neither billing.rs nor billing/mod.rs stands beside this file

fn main() {}
