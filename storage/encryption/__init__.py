"""Fields that lie encrypted in the database: AES-GCM under keys that Postgres never sees, and that can be changed."""
