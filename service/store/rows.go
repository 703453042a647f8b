package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine"
)

const columns = `id, environment, entity, package, version, digest, flow, kind, channel, document, document_id, document_type,
 original, previous, accepted, changed, run, status, reason, rule, until, fields, epoch, owner, expires`

func values(s *engine.Submission) []any {
	return []any{s.ID, string(s.Environment), s.Entity, s.Package, s.Version, s.Digest, s.Flow, string(s.Kind), s.Channel, s.Document,
		s.DocumentID, s.DocumentType, s.Original, s.Previous, instant(s.Accepted), instant(s.Changed), string(s.Run), string(s.Status),
		s.Reason, s.Rule, instant(s.Until), []byte(s.Fields), s.Epoch, s.Owner, instant(s.Expires)}
}

func scan(row scanner) (*engine.Submission, error) {
	var s engine.Submission
	var accepted, changed, until, expires int64
	var fields []byte
	err := row.Scan(&s.ID, &s.Environment, &s.Entity, &s.Package, &s.Version, &s.Digest, &s.Flow, &s.Kind, &s.Channel, &s.Document,
		&s.DocumentID, &s.DocumentType, &s.Original, &s.Previous, &accepted, &changed, &s.Run, &s.Status,
		&s.Reason, &s.Rule, &until, &fields, &s.Epoch, &s.Owner, &expires)
	s.Accepted, s.Changed, s.Until, s.Expires = moment(accepted), moment(changed), moment(until), moment(expires)
	if len(fields) > 0 {
		s.Fields = fields
	}
	return &s, err
}

func submission(ctx context.Context, q querier, id string) (*engine.Submission, error) {
	s, err := scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM submission WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("submission %q: %w", id, engine.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("submission %q: %w", id, err)
	}
	return s, nil
}

func insert(ctx context.Context, tx *sql.Tx, s *engine.Submission) error {
	marks := strings.TrimSuffix(strings.Repeat("?,", strings.Count(columns, ",")+1), ",")
	res, err := tx.ExecContext(ctx, "INSERT INTO submission ("+columns+") VALUES ("+marks+") ON CONFLICT (id) DO NOTHING", values(s)...)
	if err != nil {
		return fmt.Errorf("submission %q: %w", s.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(fmt.Errorf("submission %q: %w", s.ID, engine.ErrExists), err)
	}
	return nil
}

// Create writes a new submission.
func (s *sqliteLog) Create(ctx context.Context, row *engine.Submission) error {
	return s.run(ctx, func(tx *sql.Tx) error {
		c := *row
		if row.Input != nil {
			name, err := putBlob(ctx, tx, row.Input)
			if err != nil {
				return err
			}
			c.Document = name
		}
		return insert(ctx, tx, &c)
	})
}

// Submission returns the row of a submission.
func (s *sqliteLog) Submission(ctx context.Context, id string) (*engine.Submission, error) {
	return submission(ctx, s.read, id)
}

// Acquire makes owner the only one who may write about a submission.
func (s *sqliteLog) Acquire(ctx context.Context, id, owner string, now time.Time, ttl time.Duration) (engine.Lease, error) {
	lease := engine.Lease{ID: id, Owner: owner}
	err := s.run(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `UPDATE submission SET owner = ?1, expires = ?2, epoch = epoch + 1
 WHERE id = ?3 AND (owner = '' OR owner = ?1 OR expires <= ?4) RETURNING epoch`, owner, instant(now.Add(ttl)), id, instant(now)).Scan(&lease.Epoch)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if _, err := submission(ctx, tx, id); err != nil {
			return err
		}
		return fmt.Errorf("submission %q: %w", id, engine.ErrHeld)
	})
	return lease, err
}

// Release gives a lease back.
func (s *sqliteLog) Release(ctx context.Context, l engine.Lease) error {
	return s.run(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE submission SET owner = '', expires = 0 WHERE id = ? AND epoch = ?", l.ID, l.Epoch)
		return err
	})
}

// Holds returns ErrLostLease if the epoch is no longer that of l.
func (s *sqliteLog) Holds(ctx context.Context, l engine.Lease) error { return holds(ctx, s.read, l) }

func holds(ctx context.Context, q querier, l engine.Lease) error {
	if l.ID == "" {
		return nil
	}
	var epoch int64
	err := q.QueryRowContext(ctx, "SELECT epoch FROM submission WHERE id = ?", l.ID).Scan(&epoch)
	if errors.Is(err, sql.ErrNoRows) || err == nil && epoch != l.Epoch {
		return fmt.Errorf("submission %q: %w", l.ID, engine.ErrLostLease)
	}
	return err
}

func putBlob(ctx context.Context, tx *sql.Tx, data []byte) (string, error) {
	name := digest(data)
	if data == nil {
		data = []byte{}
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO blob (sha256, data) VALUES (?, ?) ON CONFLICT DO NOTHING", name, data)
	return name, err
}
