"""Names of context keys and values as a reader sees them. In: ids of the catalogue and of CONTRACT's keys. Out: words."""

from collections.abc import Mapping, Sequence

NAMES = {
    "language": "Language",
    "primary_languages": "Language",
    "service_type": "Service type",
    "service_types": "Service type",
    "concurrency": "Concurrency",
    "web_framework": "Web framework",
    "async_runtime": "Async runtime",
    "db_driver": "Database driver",
    "databases": "Database",
    "queue": "Queue",
    "cache": "Cache",
    "go_version": "Go version",
    "rust_edition": "Rust edition",
    "grpc": "gRPC",
    "ci": "CI",
    "multi_module": "Several modules",
}
VALUES = {
    "go": "Go",
    "rust": "Rust",
    "http-api": "HTTP API",
    "grpc-service": "gRPC service",
    "cli": "command-line tool",
    "tcp-server": "TCP server",
    "cpu-bound": "CPU-bound",
    "go-standard": "Go standard",
    "postgres": "PostgreSQL",
    "mysql": "MySQL",
    "sqlite": "SQLite",
    "mongodb": "MongoDB",
    "redis": "Redis",
    "kafka": "Kafka",
    "rabbitmq": "RabbitMQ",
    "nats": "NATS",
    "tokio": "Tokio",
    "gin": "Gin",
    "echo": "Echo",
    "fiber": "Fiber",
    "gorm": "GORM",
    "diesel": "Diesel",
    "rocket": "Rocket",
}
# What a detected fact is called as a key of the context, where the two differ.
CONTEXT_KEY = {"primary_languages": "language", "ecosystem": "language", "service_types": "service_type"}
DOMAINS = {"go": "Go", "rust": "Rust", "database": "Databases", "infrastructure": "Infrastructure"}
KINDS = {
    "when-to-use": "When to use",
    "decision-guide": "Decisions",
    "pattern": "Patterns",
    "claim": "Claims",
    "pitfall": "Pitfalls",
    "checklist": "Checklist",
    "template": "Templates",
    "example": "Examples",
    "review-questions": "Review questions",
    "summary": "Summary",
}


def name_of(key: str) -> str:
    """`web_framework` -> Web framework."""
    return NAMES.get(key, key.replace("_", " ").capitalize())


def value_of(value: str) -> str:
    """`http-api` -> HTTP API; an unknown value stays as it is."""
    return VALUES.get(value, value)


def filter_words(filters: Mapping[str, Sequence[str]]) -> str:
    """All values in force, in one line."""
    return ", ".join(value_of(value) for values in filters.values() for value in values)
