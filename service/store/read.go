package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
)

// Find returns the submissions that q asks for, the oldest first.
func (s *sqliteLog) Find(ctx context.Context, q engine.Query) ([]*engine.Submission, error) {
	text, args := findText(q)
	return list(ctx, s.read, text, args, scanRow)
}

// findText writes a query as a statement with its values.
func findText(q engine.Query) (string, []any) {
	where, args := conditions(q)
	text := "SELECT " + columns + " FROM submission"
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " AND ")
	}
	text += " ORDER BY seq"
	if q.Limit > 0 {
		text += " LIMIT ?"
		args = append(args, q.Limit)
	}
	return text, args
}

func scanRow(r *sql.Rows) (*engine.Submission, error) { return scan(r) }

func conditions(q engine.Query) (where []string, args []any) {
	add := func(cond string, values ...any) { where, args = append(where, cond), append(args, values...) }
	equal := func(column, value string) {
		if value != "" {
			add(column+" = ?", value)
		}
	}
	equal("environment", string(q.Environment))
	equal("entity", q.Entity)
	equal("flow", q.Flow)
	equal("document_id", q.DocumentID)
	equal("original", q.Original)
	if len(q.Run) > 0 {
		if !slices.ContainsFunc(q.Run, engine.RunStatus.Ended) {
			add(openRuns)
		}
		add("run IN ("+marks(len(q.Run))+")", anys(q.Run)...)
	}
	if len(q.Status) > 0 {
		add("status IN ("+marks(len(q.Status))+")", anys(q.Status)...)
	}
	if !q.Since.IsZero() {
		// The rest only says where to begin to read: rows are read in their order.
		add("accepted >= ? AND seq >= coalesce((SELECT min(seq) FROM submission WHERE accepted >= ?), 0)", instant(q.Since), instant(q.Since))
	}
	if !q.Due.IsZero() {
		add(openRuns)
		add("(run IN ('scheduled', 'running') OR run = 'waiting' AND until <= ?)", instant(q.Due))
	}
	if q.After != "" {
		add("seq > (SELECT seq FROM submission WHERE id = ?)", q.After)
	}
	return where, args
}

// openRuns is the condition of the index of open submissions, word for word: a
// query that does not say it reads all.
const openRuns = "run IN ('scheduled', 'running', 'waiting', 'parked')"

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func anys[T ~string](list []T) []any {
	out := make([]any, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}

func list[T any](ctx context.Context, q querier, text string, args []any, scan func(*sql.Rows) (T, error)) (out []T, err error) {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		x, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// Journal returns all entries of a submission in the order they were made.
func (s *sqliteLog) Journal(ctx context.Context, id string) ([]engine.Entry, error) {
	return list(ctx, s.read, selectJournal, []any{id}, func(r *sql.Rows) (engine.Entry, error) { return scanEntry(r) })
}

const (
	selectJournal = "SELECT seq, path, kind, at, epoch, data, blobs FROM journal WHERE submission = ? ORDER BY seq"
	selectKept    = "SELECT name, file, media_type, sha256, size, legal, at FROM kept WHERE submission = ? ORDER BY seq"
)

// scanner is a row of any database.
type scanner interface{ Scan(...any) error }

func scanEntry(r scanner) (e engine.Entry, err error) {
	var at int64
	var data []byte
	var blobs string
	err = r.Scan(&e.Seq, &e.Path, &e.Kind, &at, &e.Epoch, &data, &blobs)
	e.At, e.Data = moment(at), data
	if blobs != "" {
		e.Blobs = strings.Split(blobs, " ")
	}
	return e, err
}

func scanKept(r scanner) (k engine.Kept, err error) {
	var at int64
	err = r.Scan(&k.Name, &k.File, &k.MediaType, &k.SHA256, &k.Size, &k.Legal, &at)
	k.At = moment(at)
	return k, err
}

// Kept returns the results kept for a submission.
func (s *sqliteLog) Kept(ctx context.Context, id string) ([]engine.Kept, error) {
	return list(ctx, s.read, selectKept, []any{id}, func(r *sql.Rows) (engine.Kept, error) { return scanKept(r) })
}

// Blob returns bytes by their SHA-256 in hex, or ErrNotFound.
func (s *sqliteLog) Blob(ctx context.Context, name string) ([]byte, error) {
	var data []byte
	err := s.read.QueryRowContext(ctx, "SELECT data FROM blob WHERE sha256 = ?", name).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("bytes %s: %w", name, engine.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("bytes %s: %w", name, err)
	}
	return data, nil
}

// Get returns what is kept under a key of a bucket; nil if nothing is.
func (s *sqliteLog) Get(ctx context.Context, bucket, key string) ([]byte, error) {
	return get(ctx, s.read, bucket, key)
}

func get(ctx context.Context, q querier, bucket, key string) ([]byte, error) {
	var v []byte
	err := q.QueryRowContext(ctx, "SELECT value FROM pair WHERE bucket = ? AND key = ?", bucket, key).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if v == nil && err == nil {
		v = []byte{}
	}
	return v, err
}

// Pairs returns everything in a bucket whose key begins with prefix, by key.
func (s *sqliteLog) Pairs(ctx context.Context, bucket, prefix string) ([]engine.Pair, error) {
	return pairs(ctx, s.read, bucket, prefix)
}

// pairs compares prefixes as hexadecimal digits: bytes, not characters.
func pairs(ctx context.Context, q querier, bucket, prefix string) ([]engine.Pair, error) {
	return list(ctx, q, `SELECT key, value FROM pair WHERE bucket = ? AND key >= ? AND substr(hex(key), 1, ?) = ? ORDER BY key`,
		[]any{bucket, prefix, 2 * len(prefix), strings.ToUpper(hex.EncodeToString([]byte(prefix)))},
		func(r *sql.Rows) (p engine.Pair, err error) {
			err = r.Scan(&p.Key, &p.Value)
			return p, err
		})
}
