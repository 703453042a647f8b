-- +goose Up
CREATE TABLE submission (
  seq           INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE,
  environment   TEXT NOT NULL,
  entity        TEXT NOT NULL,
  package       TEXT NOT NULL,
  version       TEXT NOT NULL,
  digest        TEXT NOT NULL,
  flow          TEXT NOT NULL,
  kind          TEXT NOT NULL,
  channel       TEXT NOT NULL,
  document      TEXT NOT NULL,
  document_id   TEXT NOT NULL,
  document_type TEXT NOT NULL,
  original      TEXT NOT NULL,
  previous      TEXT NOT NULL,
  accepted      INTEGER NOT NULL,
  changed       INTEGER NOT NULL,
  run           TEXT NOT NULL,
  status        TEXT NOT NULL,
  reason        TEXT NOT NULL,
  rule          TEXT NOT NULL,
  until         INTEGER NOT NULL,
  fields        BLOB,
  epoch         INTEGER NOT NULL,
  owner         TEXT NOT NULL,
  expires       INTEGER NOT NULL
);
CREATE INDEX submission_document ON submission (document_id, entity);
CREATE INDEX submission_entity ON submission (entity, accepted);
CREATE INDEX submission_original ON submission (original) WHERE original <> '';
CREATE INDEX submission_open ON submission (run, until) WHERE run IN ('scheduled', 'running', 'waiting', 'parked');

CREATE TABLE journal (
  submission TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  path       TEXT NOT NULL,
  kind       TEXT NOT NULL,
  at         INTEGER NOT NULL,
  epoch      INTEGER NOT NULL,
  data       BLOB,
  blobs      TEXT NOT NULL,
  PRIMARY KEY (submission, seq),
  UNIQUE (submission, path, kind)
) WITHOUT ROWID;

CREATE TABLE kept (
  seq        INTEGER PRIMARY KEY,
  submission TEXT NOT NULL,
  name       TEXT NOT NULL,
  file       TEXT NOT NULL,
  media_type TEXT NOT NULL,
  sha256     TEXT NOT NULL,
  size       INTEGER NOT NULL,
  legal      INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  UNIQUE (submission, name)
);

CREATE TABLE blob (
  sha256 TEXT PRIMARY KEY,
  data   BLOB NOT NULL
);

CREATE TABLE pair (
  bucket TEXT NOT NULL,
  key    TEXT NOT NULL,
  value  BLOB NOT NULL,
  PRIMARY KEY (bucket, key)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE pair;
DROP TABLE blob;
DROP TABLE kept;
DROP TABLE journal;
DROP TABLE submission;
