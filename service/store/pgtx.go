package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/fiscus-project/fiscus/engine"
)

// pgTx is an engine.LogTx on PostgreSQL. What it writes goes to the server
// together with the next question, or with the commit: most transactions cost
// two round trips. Keys that are read or written are locked until the end, so
// that transactions behave as if one came after the other.
type pgTx struct {
	ctx    context.Context
	conn   *pgx.Conn
	xid    string
	batch  *pgx.Batch
	locked map[string]bool
	err    error // the first error of the server: the transaction is void
}

const lockClass = 0x46495343 // of session locks; the locks of keys have one number only

func (t *pgTx) queue(sql string, args ...any) *pgx.QueuedQuery {
	if t.batch == nil {
		t.batch = &pgx.Batch{}
	}
	return t.batch.Queue(sql, args...)
}

// flush sends what was queued and takes in the answers.
func (t *pgTx) flush() error {
	if t.err != nil || t.batch == nil {
		return t.err
	}
	b := t.batch
	t.batch = nil
	t.err = t.conn.SendBatch(t.ctx, b).Close()
	return t.err
}

// begin opens the transaction under a lease: the row of the submission is
// locked, so that nobody takes it over before the commit.
func (t *pgTx) begin(l engine.Lease) error {
	t.queue("begin")
	var epoch int64
	err := error(pgx.ErrNoRows)
	if l.ID != "" {
		t.queue("SELECT epoch FROM submission WHERE id = $1 FOR NO KEY UPDATE", l.ID).QueryRow(func(r pgx.Row) error {
			if err = r.Scan(&epoch); errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			return err
		})
	}
	t.queue("SELECT pg_current_xact_id()::text").QueryRow(func(r pgx.Row) error { return r.Scan(&t.xid) })
	if err := t.flush(); err != nil || l.ID == "" {
		return err
	}
	return lost(l, epoch, err)
}

// commit sends what is left and the commit. sent is true once the commit may
// have reached the server.
func (t *pgTx) commit() (sent bool, err error) {
	tag := ""
	t.queue("commit").Exec(func(c pgconn.CommandTag) error { tag = c.String(); return nil })
	err = t.flush()
	if err == nil && tag != "COMMIT" {
		err = errAborted
	}
	return true, err
}

// rollback gives the transaction up because of err, which it returns.
func (t *pgTx) rollback(err error) error {
	if t.conn.IsClosed() {
		return err
	}
	if _, e := t.conn.Exec(context.WithoutCancel(t.ctx), "rollback"); e != nil {
		_ = t.conn.Close(context.WithoutCancel(t.ctx))
	}
	return err
}

// lock makes others who read or write the key wait for the end.
func (t *pgTx) lock(bucket, key string) {
	name := bucket + "\x1e" + key
	if t.locked[name] {
		return
	}
	if t.locked == nil {
		t.locked = map[string]bool{}
	}
	t.locked[name] = true
	t.queue("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
}

// Append adds an entry to a journal.
func (t *pgTx) Append(id string, e engine.Entry) error {
	t.queue(`INSERT INTO journal (submission, seq, path, kind, at, epoch, data, blobs)
 SELECT $1, 1 + coalesce(max(seq), 0), $2, $3, $4, $5, $6, $7 FROM journal WHERE submission = $1 ON CONFLICT ON CONSTRAINT journal_once DO NOTHING`,
		id, e.Path, string(e.Kind), instant(e.At), e.Epoch, []byte(e.Data), strings.Join(e.Blobs, " ")).Exec(once(fmt.Errorf("entry %s of %q: %w", e.Kind, e.Path, engine.ErrExists)))
	return t.err
}

// once makes an insert that found the row there fail.
func once(exists error) func(pgconn.CommandTag) error {
	return func(c pgconn.CommandTag) error {
		if c.RowsAffected() == 0 {
			return exists
		}
		return nil
	}
}

// Keep keeps a result; it replaces one of the same name.
func (t *pgTx) Keep(id string, k engine.Kept) error {
	t.queue("DELETE FROM kept WHERE submission = $1 AND name = $2", id, k.Name)
	t.queue(`INSERT INTO kept (submission, name, file, media_type, sha256, size, legal, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, k.Name, k.File, k.MediaType, k.SHA256, k.Size, k.Legal, instant(k.At))
	return t.err
}

// Blob keeps bytes under their digest.
func (t *pgTx) Blob(data []byte) (string, error) {
	name := digest(data)
	if data == nil {
		data = []byte{}
	}
	t.queue("INSERT INTO blob (sha256, data) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, data)
	return name, t.err
}

// Submission returns the row of a submission, locked until the end.
func (t *pgTx) Submission(id string) (s *engine.Submission, err error) {
	t.queue("SELECT "+columns+" FROM submission WHERE id = $1 FOR NO KEY UPDATE", id).QueryRow(func(r pgx.Row) error {
		if s, err = scan(r); errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if e := t.flush(); e != nil {
		return nil, e
	}
	return found(s, id, err)
}

func found(s *engine.Submission, id string, err error) (*engine.Submission, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("submission %q: %w", id, engine.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("submission %q: %w", id, err)
	}
	return s, nil
}

const assignments = `environment = $2, entity = $3, package = $4, version = $5, digest = $6, flow = $7, kind = $8, channel = $9,
 document = $10, document_id = $11, document_type = $12, original = $13, previous = $14, accepted = $15, changed = $16, run = $17,
 status = $18, reason = $19, rule = $20, until = $21, fields = $22`

// Update writes all of a row but id, epoch and lease; it makes a row that is
// not there.
func (t *pgTx) Update(s *engine.Submission) error {
	t.queue("INSERT INTO submission ("+columns+") VALUES ("+pgMarks+") ON CONFLICT (id) DO UPDATE SET "+assignments, pgValues(s)...)
	return t.err
}

func (t *pgTx) insert(s *engine.Submission) error {
	t.queue("INSERT INTO submission ("+columns+") VALUES ("+pgMarks+") ON CONFLICT (id) DO NOTHING", pgValues(s)...).
		Exec(once(fmt.Errorf("submission %q: %w", s.ID, engine.ErrExists)))
	return t.err
}

// pgMarks stand for the columns of a submission.
const pgMarks = "$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25"

// pgValues are the values of a row. PostgreSQL keeps no zero byte in a text and
// nothing that is not UTF-8: an authority's words may hold both.
func pgValues(s *engine.Submission) []any {
	list := values(s)
	for i, v := range list {
		if text, ok := v.(string); ok {
			list[i] = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
		}
	}
	return list
}

// Get returns what is kept under a key, which is locked until the end.
func (t *pgTx) Get(bucket, key string) (v []byte, err error) {
	t.lock(bucket, key)
	t.queue("SELECT value FROM pair WHERE bucket = $1 AND key = $2", bucket, key).QueryRow(func(r pgx.Row) error { return value(r, &v) })
	return v, t.flush()
}

func value(r pgx.Row, v *[]byte) error {
	err := r.Scan(v)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil && *v == nil {
		*v = []byte{}
	}
	return err
}

// Set keeps a value under a key; nil removes it.
func (t *pgTx) Set(bucket, key string, value []byte) error {
	t.lock(bucket, key)
	if value == nil {
		t.queue("DELETE FROM pair WHERE bucket = $1 AND key = $2", bucket, key)
	} else {
		t.queue("INSERT INTO pair (bucket, key, value) VALUES ($1, $2, $3) ON CONFLICT (bucket, key) DO UPDATE SET value = excluded.value", bucket, key, value)
	}
	return t.err
}

const selectPairs = `SELECT key, value FROM pair WHERE bucket = $1 AND starts_with(key, $2) ORDER BY key`

// Pairs returns everything in a bucket whose key begins with prefix, by key.
func (t *pgTx) Pairs(bucket, prefix string) (out []engine.Pair, err error) {
	t.queue(selectPairs, bucket, prefix).Query(func(rows pgx.Rows) error {
		out, err = pgx.CollectRows(rows, scanPair)
		return err
	})
	return out, t.flush()
}

func scanPair(r pgx.CollectableRow) (p engine.Pair, err error) {
	err = r.Scan(&p.Key, &p.Value)
	return p, err
}

func isEOF(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "closed pool")
}
