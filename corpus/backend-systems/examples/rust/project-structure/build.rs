//! Turns `currencies.txt` into a function, before the crate is compiled.

use std::{env, error::Error, fmt::Write, fs, path::Path};

// region: build-script
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=currencies.txt"); // run again for nothing else
    let mut arms = String::new();
    for line in fs::read_to_string("currencies.txt")?.lines() {
        let (code, digits) = line.split_once(' ').ok_or("a line is `EUR 2`")?;
        writeln!(arms, "{code:?} => Some({digits}),")?;
    }
    let code = format!("pub fn digits(code: &str) -> Option<u8> {{ match code {{ {arms} _ => None }} }}");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("currencies.rs"), code)?;
    Ok(())
}
// endregion: build-script
