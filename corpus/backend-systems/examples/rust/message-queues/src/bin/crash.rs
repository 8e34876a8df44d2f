//! What a crash between effect and commit does to six payments, in an in-process Kafka.

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::message::Message;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::HashSet;
use std::time::Duration;

/// Stands for a database; in a real one inbox row and balance change in one transaction.
#[derive(Default)]
struct Ledger {
    applied: usize,
    skipped: usize,
    inbox: HashSet<i64>,
}

impl Ledger {
    fn apply(&mut self, _payment: i64) {
        self.applied += 1;
    }

    fn apply_once(&mut self, payment: i64) {
        if self.inbox.insert(payment) {
            self.apply(payment);
        } else {
            self.skipped += 1;
        }
    }
}

struct Member(BaseConsumer);

impl Member {
    /// Continues after the last commit of the group.
    fn new(brokers: &str, group: &str) -> KafkaResult<Self> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .create()?;
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_offset("payments", 0, Offset::Stored)?;
        consumer.assign(&partitions)?;
        Ok(Self(consumer))
    }

    fn next(&self, n: usize) -> KafkaResult<Vec<i64>> {
        let mut offsets = Vec::new();
        while offsets.len() < n {
            if let Some(message) = self.0.poll(Duration::from_secs(1)) {
                offsets.push(message?.offset());
            }
        }
        Ok(offsets)
    }

    fn commit(&self, next: i64) -> KafkaResult<()> {
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset("payments", 0, Offset::Offset(next))?;
        self.0.commit(&offsets, CommitMode::Sync)
    }
}

#[tokio::main]
async fn main() -> KafkaResult<()> {
    let cluster = MockCluster::new(1)?;
    cluster.create_topic("payments", 1, 1)?;
    let brokers = cluster.bootstrap_servers();
    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", &brokers).create()?;
    for n in 0..6 {
        let record = FutureRecord::<String, str>::to("payments").payload("10 euros");
        let sent = producer.send(record, Duration::from_secs(5)).await.map_err(|(error, _)| error)?;
        assert_eq!(sent.offset, n);
    }

    // Commit first: the process dies after it committed four records and applied two.
    let mut early = Ledger::default();
    let first = Member::new(&brokers, "commit-first")?;
    let batch = first.next(4)?;
    first.commit(4)?;
    batch[..2].iter().for_each(|&payment| early.apply(payment));
    drop(first);
    let second = Member::new(&brokers, "commit-first")?;
    second.next(2)?.into_iter().for_each(|payment| early.apply(payment));
    println!("commit, then effect:      6 sent, {} applied", early.applied);

    // Effect first: the process dies after it applied four records and committed two.
    for (name, handle) in [
        ("effect, then commit:", Ledger::apply as fn(&mut Ledger, i64)),
        ("the same with an inbox:", Ledger::apply_once),
    ] {
        let mut late = Ledger::default();
        let first = Member::new(&brokers, name)?;
        first.next(4)?.into_iter().for_each(|payment| handle(&mut late, payment));
        first.commit(2)?;
        drop(first);
        let second = Member::new(&brokers, name)?;
        second.next(4)?.into_iter().for_each(|payment| handle(&mut late, payment));
        println!("{name:25} 6 sent, {} applied, {} duplicates skipped", late.applied, late.skipped);
    }
    Ok(())
}
