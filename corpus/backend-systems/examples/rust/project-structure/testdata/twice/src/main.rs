// region: twice-bad
mod orders; // compiles orders.rs a second time, as part of the program

fn main() {
    println!("{}", orders::archive(twice::load())); // the Order of the library
}
// endregion: twice-bad
