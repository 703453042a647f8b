-- +goose Up
CREATE INDEX submission_accepted ON submission (accepted, seq);
CREATE INDEX submission_place ON submission (entity, seq);

-- +goose Down
DROP INDEX submission_place;
DROP INDEX submission_accepted;
