//! Interior mutability, values made once, and references that point back.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::{Rc, Weak},
    sync::{LazyLock, OnceLock},
};

// region: lazy-lock
static ROUTES: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
    HashMap::from([("orders", 8080), ("health", 9090)]) // runs at the first use, once
});

static REGION: OnceLock<String> = OnceLock::new();

pub fn set_region(name: String) -> Result<(), String> {
    REGION.set(name) // main calls it once; a second call gets its value back
}

pub fn port_of(name: &str) -> Option<u16> {
    ROUTES.get(name).copied()
}
// endregion: lazy-lock

pub fn region() -> &'static str {
    REGION.get_or_init(|| "eu".to_owned())
}

/// Used on one thread only.
pub struct Parser {
    depth: Cell<u32>,
    warnings: RefCell<Vec<String>>,
}

impl Parser {
    pub fn new() -> Self {
        Self { depth: Cell::new(0), warnings: RefCell::new(Vec::new()) }
    }

    // region: cell
    pub fn enter(&self) -> u32 {
        self.depth.set(self.depth.get() + 1); // a copy in and out, no borrow
        self.depth.get()
    }

    pub fn warn(&self, text: &str) {
        self.warnings.borrow_mut().push(text.to_owned()); // borrowed for this statement
    }
    // endregion: cell

    // region: refcell-bad
    pub fn repeat_bad(&self) {
        for warning in self.warnings.borrow().iter() {
            self.warn(warning); // panics: the loop still borrows
        }
    }

    pub fn repeat(&self) {
        let warnings = self.warnings.borrow().clone();
        for warning in &warnings {
            self.warn(warning);
        }
    }
    // endregion: refcell-bad
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

// region: weak
pub struct Folder {
    pub name: String,
    pub parent: RefCell<Weak<Folder>>,      // does not keep the parent alive
    pub children: RefCell<Vec<Rc<Folder>>>, // owns the children
}

pub fn add_child(parent: &Rc<Folder>, child: Rc<Folder>) {
    *child.parent.borrow_mut() = Rc::downgrade(parent);
    parent.children.borrow_mut().push(child);
}
// endregion: weak

/// The mistake: parent and child own each other.
#[derive(Default)]
pub struct LoopFolder {
    pub parent: RefCell<Option<Rc<LoopFolder>>>,
    pub children: RefCell<Vec<Rc<LoopFolder>>>,
}

// region: ids
pub struct Node {
    pub name: String,
    pub parent: Option<usize>, // a place in the list of nodes, not a reference
}

pub fn path(nodes: &[Node], at: usize) -> Vec<&str> {
    let up = std::iter::successors(Some(at), |at| nodes[*at].parent);
    up.map(|at| nodes[at].name.as_str()).collect()
}
// endregion: ids

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statics_are_made_once() {
        assert_eq!((port_of("orders"), port_of("x")), (Some(8080), None));
        assert_eq!(region(), "eu");
        assert_eq!(set_region("us".into()), Err("us".into()));
    }

    #[test]
    fn a_lazy_lock_whose_closure_panicked_is_poisoned() {
        static BROKEN: LazyLock<u32> = LazyLock::new(|| panic!("no configuration"));
        assert!(std::panic::catch_unwind(|| *BROKEN).is_err());
        let second = std::panic::catch_unwind(|| *BROKEN).expect_err("poisoned");
        let text = second.downcast_ref::<String>().cloned();
        let text = text.or_else(|| second.downcast_ref::<&str>().map(|text| text.to_string()));
        assert_eq!(text.as_deref(), Some("LazyLock instance has previously been poisoned"));
    }

    #[test]
    fn cells_change_behind_a_shared_reference() {
        let parser = Parser::default();
        assert_eq!((parser.enter(), parser.enter()), (1, 2));
        parser.warn("deep");
        parser.repeat();
        assert_eq!(parser.warnings.borrow().len(), 2);
        assert!(parser.warnings.try_borrow_mut().is_ok());
    }

    #[test]
    #[should_panic(expected = "already borrowed")]
    fn two_borrows_at_once_panic() {
        let parser = Parser::new();
        parser.warn("deep");
        parser.repeat_bad();
    }

    fn folder(name: &str) -> Rc<Folder> {
        Rc::new(Folder { name: name.into(), parent: RefCell::default(), children: RefCell::default() })
    }

    #[test]
    fn a_weak_parent_lets_go() {
        let (root, child) = (folder("root"), folder("child"));
        add_child(&root, child.clone());
        assert_eq!(
            child.parent.borrow().upgrade().map(|parent| parent.name.clone()).as_deref(),
            Some("root")
        );
        let watch = Rc::downgrade(&root);
        drop(root);
        assert!(watch.upgrade().is_none() && child.parent.borrow().upgrade().is_none());
    }

    #[test]
    fn a_cycle_is_never_freed() {
        let (root, child) = (Rc::new(LoopFolder::default()), Rc::new(LoopFolder::default()));
        *child.parent.borrow_mut() = Some(root.clone());
        root.children.borrow_mut().push(child);
        let watch = Rc::downgrade(&root);
        drop(root);
        let leaked = watch.upgrade().expect("still alive, though nobody owns it");
        leaked.children.borrow_mut().clear(); // breaks the cycle by hand
    }

    #[test]
    fn a_tree_of_ids() {
        let node = |name: &str, parent| Node { name: name.into(), parent };
        let nodes = [node("root", None), node("a", Some(0)), node("b", Some(1))];
        assert_eq!(path(&nodes, 2), ["b", "a", "root"]);
    }
}
