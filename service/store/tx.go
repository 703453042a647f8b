package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
)

// logTx is an engine.LogTx over a database transaction.
type logTx struct {
	ctx context.Context
	tx  *sql.Tx
}

func (t *logTx) Append(id string, e engine.Entry) error {
	res, err := t.tx.ExecContext(t.ctx, `INSERT INTO journal (submission, seq, path, kind, at, epoch, data, blobs)
 VALUES (?1, 1 + coalesce((SELECT max(seq) FROM journal WHERE submission = ?1), 0), ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (submission, path, kind) DO NOTHING`,
		id, e.Path, string(e.Kind), instant(e.At), e.Epoch, []byte(e.Data), strings.Join(e.Blobs, " "))
	if err != nil {
		return fmt.Errorf("entry %s of %q: %w", e.Kind, e.Path, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("entry %s of %q: %w", e.Kind, e.Path, engine.ErrExists)
	}
	return nil
}

func (t *logTx) Keep(id string, k engine.Kept) error {
	_, err := t.tx.ExecContext(t.ctx, `INSERT OR REPLACE INTO kept (submission, name, file, media_type, sha256, size, legal, at)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, id, k.Name, k.File, k.MediaType, k.SHA256, k.Size, k.Legal, instant(k.At))
	return err
}

func (t *logTx) Blob(data []byte) (string, error) { return putBlob(t.ctx, t.tx, data) }

func (t *logTx) Submission(id string) (*engine.Submission, error) {
	return submission(t.ctx, t.tx, id)
}

// Update writes all of a row but id, epoch and lease; it makes a row that is
// not there.
func (t *logTx) Update(s *engine.Submission) error {
	res, err := t.tx.ExecContext(t.ctx, `UPDATE submission SET environment = ?2, entity = ?3, package = ?4, version = ?5, digest = ?6,
 flow = ?7, kind = ?8, channel = ?9, document = ?10, document_id = ?11, document_type = ?12, original = ?13, previous = ?14,
 accepted = ?15, changed = ?16, run = ?17, status = ?18, reason = ?19, rule = ?20, until = ?21, fields = ?22 WHERE id = ?1`,
		values(s)[:22]...)
	if err != nil {
		return fmt.Errorf("submission %q: %w", s.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return insert(t.ctx, t.tx, s)
}

func (t *logTx) Get(bucket, key string) ([]byte, error) { return get(t.ctx, t.tx, bucket, key) }

func (t *logTx) Set(bucket, key string, value []byte) error {
	var err error
	if value == nil {
		_, err = t.tx.ExecContext(t.ctx, "DELETE FROM pair WHERE bucket = ? AND key = ?", bucket, key)
	} else {
		_, err = t.tx.ExecContext(t.ctx, "INSERT OR REPLACE INTO pair (bucket, key, value) VALUES (?, ?, ?)", bucket, key, value)
	}
	return err
}

func (t *logTx) Pairs(bucket, prefix string) ([]engine.Pair, error) {
	return pairs(t.ctx, t.tx, bucket, prefix)
}
