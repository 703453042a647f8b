package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/fiscus-project/fiscus/engine"
)

// Submission returns the row of a submission.
func (p *pgLog) Submission(ctx context.Context, id string) (s *engine.Submission, err error) {
	err = again(ctx, func() error {
		s, err = scan(p.pool.QueryRow(ctx, "SELECT "+columns+" FROM submission WHERE id = $1", id))
		return err
	})
	return found(s, id, err)
}

// rows asks for all rows of a question.
func rows[T any](ctx context.Context, p *pgLog, scan func(pgx.CollectableRow) (T, error), sql string, args ...any) (out []T, err error) {
	err = again(ctx, func() error {
		r, err := p.pool.Query(ctx, numbered(sql), args...)
		if err == nil {
			out, err = pgx.CollectRows(r, scan)
		}
		return err
	})
	if len(out) == 0 {
		out = nil
	}
	return out, err
}

// numbered writes the marks of a statement as PostgreSQL wants them.
func numbered(sql string) string {
	var b strings.Builder
	n := 0
	for _, r := range sql {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	return b.String()
}

// Find returns the submissions that q asks for, the oldest first.
func (p *pgLog) Find(ctx context.Context, q engine.Query) ([]*engine.Submission, error) {
	text, args := findText(q)
	return rows(ctx, p, func(r pgx.CollectableRow) (*engine.Submission, error) { return scan(r) }, text, args...)
}

// Journal returns all entries of a submission in the order they were made.
func (p *pgLog) Journal(ctx context.Context, id string) ([]engine.Entry, error) {
	return rows(ctx, p, func(r pgx.CollectableRow) (engine.Entry, error) { return scanEntry(r) }, selectJournal, id)
}

// Kept returns the results kept for a submission.
func (p *pgLog) Kept(ctx context.Context, id string) ([]engine.Kept, error) {
	return rows(ctx, p, func(r pgx.CollectableRow) (engine.Kept, error) { return scanKept(r) }, selectKept, id)
}

// Blob returns bytes by their SHA-256 in hex, or ErrNotFound.
func (p *pgLog) Blob(ctx context.Context, name string) (data []byte, err error) {
	err = again(ctx, func() error {
		return p.pool.QueryRow(ctx, "SELECT data FROM blob WHERE sha256 = $1", name).Scan(&data)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = engine.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("bytes %s: %w", name, err)
	}
	return data, nil
}

// Get returns what is kept under a key of a bucket; nil if nothing is.
func (p *pgLog) Get(ctx context.Context, bucket, key string) (v []byte, err error) {
	err = again(ctx, func() error {
		return value(p.pool.QueryRow(ctx, "SELECT value FROM pair WHERE bucket = $1 AND key = $2", bucket, key), &v)
	})
	return v, err
}

// Pairs returns everything in a bucket whose key begins with prefix, by key.
func (p *pgLog) Pairs(ctx context.Context, bucket, prefix string) ([]engine.Pair, error) {
	return rows(ctx, p, scanPair, selectPairs, bucket, prefix)
}

// Check reads the tables.
func (p *pgLog) Check(ctx context.Context) (Health, error) {
	var h Health
	var errs []error
	for _, table := range tables {
		if _, err := p.pool.Exec(ctx, "SELECT 1 FROM "+table+" LIMIT 1"); err != nil {
			errs = append(errs, fmt.Errorf("table %s: %w", table, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return h, err
	}
	var newest int64
	err := p.pool.QueryRow(ctx, selectHealth).Scan(&h.Submissions, &h.Open, &newest)
	h.Newest = moment(newest)
	return h, err
}
