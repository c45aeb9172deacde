CREATE SCHEMA IF NOT EXISTS mainstay;

CREATE TABLE IF NOT EXISTS mainstay.applied_schema (
    service text NOT NULL,
    schema_name text NOT NULL,
    fingerprint text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, schema_name)
);

CREATE TABLE IF NOT EXISTS mainstay.owned_table (
    schema_name text NOT NULL,
    table_name text NOT NULL,
    service text NOT NULL,
    PRIMARY KEY (schema_name, table_name)
);

CREATE TABLE IF NOT EXISTS mainstay.applied_revision (
    service text NOT NULL,
    schema_name text NOT NULL,
    revision text NOT NULL,
    digest text NOT NULL,
    parts_done integer NOT NULL,
    is_finished boolean NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, schema_name, revision)
);

CREATE TABLE IF NOT EXISTS mainstay.secret (
    name text PRIMARY KEY,
    value bytea NOT NULL
);

REVOKE ALL ON mainstay.secret FROM PUBLIC;
