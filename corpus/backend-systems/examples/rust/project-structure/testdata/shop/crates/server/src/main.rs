//! Reads the arguments, calls the library, and turns its answer into output and exit status.

use std::process::ExitCode;

// region: thin-main
fn main() -> ExitCode {
    match shop_server::run(std::env::args().skip(1)) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("shop: {message}");
            ExitCode::FAILURE
        }
    }
}
// endregion: thin-main
