-- Not called "mainstay": Postgres looks first for a schema of the role's own name, so a role of that name would find
-- and make all its tables here.
CREATE SCHEMA IF NOT EXISTS mainstay_internal;

CREATE TABLE IF NOT EXISTS mainstay_internal.applied_schema (
    service text NOT NULL,
    schema_name text NOT NULL,
    fingerprint text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, schema_name)
);

CREATE TABLE IF NOT EXISTS mainstay_internal.owned_table (
    schema_name text NOT NULL,
    table_name text NOT NULL,
    service text NOT NULL,
    PRIMARY KEY (schema_name, table_name)
);

CREATE TABLE IF NOT EXISTS mainstay_internal.applied_revision (
    service text NOT NULL,
    schema_name text NOT NULL,
    revision text NOT NULL,
    digest text NOT NULL,
    parts_done integer NOT NULL,
    is_finished boolean NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, schema_name, revision)
);

CREATE TABLE IF NOT EXISTS mainstay_internal.secret (
    name text PRIMARY KEY,
    value bytea NOT NULL
);

REVOKE ALL ON mainstay_internal.secret FROM PUBLIC;

-- A key itself is not stored: its digest tells whether a key is the one, and nothing tells the key.
CREATE TABLE IF NOT EXISTS mainstay_internal.api_key (
    id text PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    name text NOT NULL,
    subject text NOT NULL,
    tenant text,
    roles text[] NOT NULL,
    resources text[],
    may_write boolean NOT NULL,
    limit_factor double precision,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    rotated_from text,
    -- What its successors live for too, however soon it is itself made to end.
    lifetime interval,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);

REVOKE ALL ON mainstay_internal.api_key FROM PUBLIC;
-- Of a password there is what argon2id made of it, with a salt of its own.
CREATE TABLE IF NOT EXISTS mainstay_internal.account (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    roles text[] NOT NULL,
    tenant text,
    created_at timestamptz NOT NULL DEFAULT now(),
    signed_in_at timestamptz,
    locked_at timestamptz
);

REVOKE ALL ON mainstay_internal.account FROM PUBLIC;

-- From a sign-in to a sign-out. Its refresh tokens follow from its seed, the number of the latest, and a secret that is
-- not in the database.
CREATE TABLE IF NOT EXISTS mainstay_internal.account_session (
    id text PRIMARY KEY,
    account_id text NOT NULL REFERENCES mainstay_internal.account (id),
    seed bytea NOT NULL,
    latest integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    refreshed_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);

CREATE INDEX IF NOT EXISTS account_session__account_id__index ON mainstay_internal.account_session (account_id);
CREATE INDEX IF NOT EXISTS account_session__ended_at__index ON mainstay_internal.account_session (ended_at)
    WHERE ended_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS account_session__refreshed_at__index ON mainstay_internal.account_session (refreshed_at);

REVOKE ALL ON mainstay_internal.account_session FROM PUBLIC;

-- What access tokens are signed with; the private half is encrypted with that same secret.
CREATE TABLE IF NOT EXISTS mainstay_internal.signing_key (
    id text PRIMARY KEY,
    public_half text NOT NULL,
    sealed_half text NOT NULL,
    signs_from timestamptz NOT NULL
);

REVOKE ALL ON mainstay_internal.signing_key FROM PUBLIC;

-- What came of a write, under the digest of who made it where with which key: the same again is answered from here.
-- A record's answer is its JSON, its tag and its key; a route's is whole, with its headers.
CREATE TABLE IF NOT EXISTS mainstay_internal.kept_answer (
    name uuid CONSTRAINT kept_answer__name__key PRIMARY KEY,
    fingerprint uuid NOT NULL,
    status smallint NOT NULL DEFAULT 200,
    headers text NOT NULL DEFAULT '[]',
    body bytea NOT NULL,
    etag text NOT NULL DEFAULT '',
    record_key text NOT NULL DEFAULT '',
    kept_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS kept_answer__kept_at__index ON mainstay_internal.kept_answer (kept_at);

REVOKE ALL ON mainstay_internal.kept_answer FROM PUBLIC;
-- That a person's data was shown or erased; the person itself is not in it.
CREATE TABLE IF NOT EXISTS mainstay_internal.subject_request (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind text NOT NULL,
    subject_digest bytea NOT NULL,
    done_at timestamptz NOT NULL DEFAULT now(),
    done_by text NOT NULL,
    rows jsonb NOT NULL
);

REVOKE ALL ON mainstay_internal.subject_request FROM PUBLIC;
-- Who changed which record: written in the change's own statement, and by whoever serves never changed or taken away.
-- Ids are UUIDs of version 7 (RFC 9562): in the order of their times.
CREATE TABLE IF NOT EXISTS mainstay_internal.audit_entry (
    id uuid PRIMARY KEY DEFAULT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid,
    action text NOT NULL,
    record_type text NOT NULL,
    record_key text NOT NULL,
    record_version bigint NOT NULL,
    fields jsonb NOT NULL,
    subject text,
    tenant text,
    credential_id text,
    address text,
    request_id text,
    operation text,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS audit_entry__record_key__index ON mainstay_internal.audit_entry (record_key, id);
CREATE INDEX IF NOT EXISTS audit_entry__record_type__index ON mainstay_internal.audit_entry (record_type, id);
CREATE INDEX IF NOT EXISTS audit_entry__subject__index ON mainstay_internal.audit_entry (subject, id);
CREATE INDEX IF NOT EXISTS audit_entry__created_at__index ON mainstay_internal.audit_entry USING brin (created_at);

REVOKE ALL ON mainstay_internal.audit_entry FROM PUBLIC;
-- What refuses a reference to a row the caller may not see, in the words of one to a row that is not there.
CREATE OR REPLACE FUNCTION mainstay_internal.no_such_row(name_of_constraint text, name_of_table text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'there is no such row' USING
        ERRCODE = 'foreign_key_violation', CONSTRAINT = name_of_constraint, TABLE = name_of_table;
END
$$;
