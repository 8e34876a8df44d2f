//! The example program prints what the document shows.

#[test]
fn the_program_prints_what_the_document_shows() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_crash")).output().expect("it runs");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "commit, then effect:      6 sent, 4 applied\n\
         effect, then commit:      6 sent, 8 applied, 0 duplicates skipped\n\
         the same with an inbox:   6 sent, 6 applied, 2 duplicates skipped\n"
    );
}
