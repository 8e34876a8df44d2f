pub fn forgotten() {}

fn main() {}
