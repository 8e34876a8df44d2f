// Package order decides what may be ordered. It knows nothing of HTTP and SQL: whoever stores or shows orders imports it, never the other way round.
package order
