// Package config reads the settings of the service from the environment.
package config

import "os"

// Config holds what the service needs to start.
type Config struct {
	Addr        string
	DatabaseURL string
	RedisAddr   string
	AMQPURL     string
}

// FromEnv reads the settings; what is missing gets the value for local work.
func FromEnv() Config {
	return Config{
		Addr:        get("ORDERS_ADDR", ":8080"),
		DatabaseURL: get("DATABASE_URL", "postgres://orders:orders@localhost:5432/orders"),
		RedisAddr:   get("REDIS_ADDR", "localhost:6379"),
		AMQPURL:     get("AMQP_URL", "amqp://guest:guest@localhost:5672/"),
	}
}

func get(name, fallback string) string {
	if value, ok := os.LookupEnv(name); ok {
		return value
	}
	return fallback
}
