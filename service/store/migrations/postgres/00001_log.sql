-- +goose Up
CREATE TABLE submission (
  seq           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id            text COLLATE "C" NOT NULL UNIQUE,
  environment   text NOT NULL,
  entity        text NOT NULL,
  package       text NOT NULL,
  version       text NOT NULL,
  digest        text NOT NULL,
  flow          text NOT NULL,
  kind          text NOT NULL,
  channel       text NOT NULL,
  document      text NOT NULL,
  document_id   text NOT NULL,
  document_type text NOT NULL,
  original      text NOT NULL,
  previous      text NOT NULL,
  accepted      bigint NOT NULL,
  changed       bigint NOT NULL,
  run           text NOT NULL,
  status        text NOT NULL,
  reason        text NOT NULL,
  rule          text NOT NULL,
  until         bigint NOT NULL,
  fields        bytea,
  epoch         bigint NOT NULL,
  owner         text NOT NULL,
  expires       bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX submission_document ON submission (document_id, entity);
CREATE INDEX submission_entity ON submission (entity, accepted);
CREATE INDEX submission_original ON submission (original) WHERE original <> '';
CREATE INDEX submission_open ON submission (run, until) WHERE run IN ('scheduled', 'running', 'waiting', 'parked');

CREATE TABLE journal (
  submission text COLLATE "C" NOT NULL,
  seq        integer NOT NULL,
  path       text COLLATE "C" NOT NULL,
  kind       text COLLATE "C" NOT NULL,
  at         bigint NOT NULL,
  epoch      bigint NOT NULL,
  data       bytea,
  blobs      text NOT NULL,
  PRIMARY KEY (submission, seq),
  CONSTRAINT journal_once UNIQUE (submission, path, kind)
);

CREATE TABLE kept (
  seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  submission text COLLATE "C" NOT NULL,
  name       text NOT NULL,
  file       text NOT NULL,
  media_type text NOT NULL,
  sha256     text NOT NULL,
  size       bigint NOT NULL,
  legal      boolean NOT NULL,
  at         bigint NOT NULL,
  UNIQUE (submission, name)
);

CREATE TABLE blob (
  sha256 text COLLATE "C" PRIMARY KEY,
  data   bytea NOT NULL
);

CREATE TABLE pair (
  bucket text COLLATE "C" NOT NULL,
  key    text COLLATE "C" NOT NULL,
  value  bytea NOT NULL,
  PRIMARY KEY (bucket, key)
) WITH (fillfactor = 70);

-- Who works on this log; see Presence.
CREATE TABLE worker (
  id   text COLLATE "C" PRIMARY KEY,
  lock integer GENERATED ALWAYS AS IDENTITY UNIQUE,
  pid  integer NOT NULL,
  seen timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE worker;
DROP TABLE pair;
DROP TABLE blob;
DROP TABLE kept;
DROP TABLE journal;
DROP TABLE submission;
