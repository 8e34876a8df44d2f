//! Asynchronous traits, closures and recursion.

use std::{future::Future, pin::Pin, sync::Arc};

use async_trait::async_trait;

// region: send-trait
pub trait Store: Send + Sync + 'static {
    fn load(&self, id: u64) -> impl Future<Output = Option<String>> + Send;
}

pub struct Memory(pub Vec<String>);

impl Store for Memory {
    async fn load(&self, id: u64) -> Option<String> {
        self.0.get(id as usize).cloned()
    }
}
// endregion: send-trait

/// Needs the `Send` of the trait, since it spawns.
pub fn load_in_task<S: Store>(store: Arc<S>, id: u64) -> tokio::task::JoinHandle<Option<String>> {
    tokio::spawn(async move { store.load(id).await })
}

// region: dyn-trait
#[async_trait]
pub trait Mailer: Send + Sync {
    async fn send(&self, to: &str) -> Result<(), String>;
}

pub async fn notify(mailers: &[Arc<dyn Mailer>], to: &str) -> Result<(), String> {
    for mailer in mailers {
        mailer.send(to).await?;
    }
    Ok(())
}
// endregion: dyn-trait

/// The same by hand.
pub trait PlainMailer: Send + Sync {
    fn send<'a>(&'a self, to: &'a str) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;
}

// region: async-closure
pub async fn retry<T, E>(tries: u32, mut attempt: impl AsyncFnMut(u32) -> Result<T, E>) -> Result<T, E> {
    for number in 1..tries {
        if let Ok(value) = attempt(number).await {
            return Ok(value);
        }
    }
    attempt(tries).await
}
// endregion: async-closure

// region: send-closure
pub fn run_twice<F, Fut>(job: F) -> tokio::task::JoinHandle<()>
where
    F: Fn() -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send, // what AsyncFn cannot say
{
    tokio::spawn(async move {
        job().await;
        job().await;
    })
}
// endregion: send-closure

pub struct Folder {
    pub size: u64,
    pub folders: Vec<Folder>,
}

// region: recursion
pub async fn size_of(folder: &Folder) -> u64 {
    let mut size = folder.size;
    for inner in &folder.folders {
        size += Box::pin(size_of(inner)).await; // without Box: error E0733
    }
    size
}
// endregion: recursion

pub async fn wide() -> u8 {
    let buffer = [1_u8; 64 * 1024]; // alive over the await, so it is part of the future
    tokio::task::yield_now().await;
    buffer[7]
}

pub async fn slim() -> u8 {
    let buffer = vec![1_u8; 64 * 1024]; // on the heap
    tokio::task::yield_now().await;
    buffer[7]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::atomic::AtomicU32, sync::atomic::Ordering::SeqCst};

    #[tokio::test]
    async fn a_store_is_loaded_in_a_task() {
        let store = Arc::new(Memory(vec!["a".into(), "b".into()]));
        assert_eq!(load_in_task(store, 1).await.expect("no panic").as_deref(), Some("b"));
    }

    struct Fails;

    #[async_trait]
    impl Mailer for Fails {
        async fn send(&self, to: &str) -> Result<(), String> {
            Err(to.to_owned())
        }
    }

    impl PlainMailer for Fails {
        fn send<'a>(&'a self, to: &'a str) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
            Box::pin(async move { Err(to.to_owned()) })
        }
    }

    #[tokio::test]
    async fn trait_objects_work_with_boxed_futures() {
        assert_eq!(notify(&[Arc::new(Fails)], "ada").await, Err("ada".to_owned()));
        let plain: Box<dyn PlainMailer> = Box::new(Fails);
        assert_eq!(plain.send("ada").await, Err("ada".to_owned()));
    }

    #[tokio::test]
    async fn an_async_closure_borrows_from_its_surroundings() {
        let mut seen = Vec::new();
        let result = retry(3, async |number| {
            seen.push(number);
            tokio::task::yield_now().await;
            if number < 3 { Err("busy") } else { Ok(number) }
        })
        .await;
        assert_eq!((result, seen), (Ok(3), vec![1, 2, 3]));
    }

    #[tokio::test]
    async fn a_job_runs_in_a_task() {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = runs.clone();
        let job = move || {
            let counted = counted.clone();
            async move {
                counted.fetch_add(1, SeqCst);
            }
        };
        run_twice(job).await.expect("no panic");
        assert_eq!(runs.load(SeqCst), 2);
    }

    #[tokio::test]
    async fn recursion_is_boxed() {
        let leaf = || Folder { size: 2, folders: vec![] };
        let root = Folder { size: 1, folders: vec![leaf(), Folder { size: 4, folders: vec![leaf()] }] };
        assert_eq!(size_of(&root).await, 9);
    }

    #[tokio::test]
    async fn a_future_holds_what_lives_over_an_await() {
        assert!(size_of_val(&wide()) > 64 * 1024);
        assert!(size_of_val(&slim()) < 200);
        assert_eq!(wide().await + slim().await, 2);
    }
}
