mod orders {
    pub fn reachable() {}
    pub fn forgotten() {}
}

pub use orders::reachable;

pub fn also_forgotten() {}
