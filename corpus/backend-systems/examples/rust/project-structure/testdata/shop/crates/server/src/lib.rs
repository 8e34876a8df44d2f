//! Everything but `main`, so that integration tests can link it.

use shop_domain::place;
use shop_storage::MemoryOrders;

/// Runs the program with its arguments; the answer is what it prints.
pub fn run(arguments: impl Iterator<Item = String>) -> Result<String, String> {
    let mut orders = MemoryOrders::default();
    for argument in arguments {
        let pieces = argument.parse().map_err(|_| format!("{argument:?} is no number of pieces"))?;
        place(&mut orders, pieces).map_err(|error| format!("not placed: {error:?}"))?;
    }
    Ok(format!("{} orders placed", orders.count()))
}
