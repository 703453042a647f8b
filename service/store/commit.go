package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/fiscus-project/fiscus/engine"
)

// job is a transaction that waits for its turn.
type job struct {
	ctx  context.Context
	do   func(*sql.Tx) error
	done chan error
}

// errClosed tells that the store was closed before a transaction began.
var errClosed = errors.New("the store is closed")

// maxGroup bounds how many transactions share a commit.
const maxGroup = 64

// commit runs the waiting transactions in groups: each in a savepoint of its
// own, all of them made durable by one commit.
func (s *sqliteLog) commit() {
	defer close(s.done)
	for {
		select {
		case first := <-s.queue:
			s.group(s.collect(first))
		case <-s.closed:
			s.refuse()
			return
		}
	}
}

func (s *sqliteLog) refuse() {
	for {
		select {
		case j := <-s.queue:
			j.done <- errClosed
		default:
			return
		}
	}
}

func (s *sqliteLog) collect(first *job) []*job {
	group := []*job{first}
	for len(group) < maxGroup {
		select {
		case j := <-s.queue:
			group = append(group, j)
		default:
			return group
		}
	}
	return group
}

func (s *sqliteLog) group(jobs []*job) {
	results := make([]error, len(jobs))
	err := s.transaction(jobs, results)
	for i, j := range jobs {
		if results[i] == nil {
			results[i] = err
		}
		j.done <- results[i]
	}
}

func (s *sqliteLog) transaction(jobs []*job, results []error) error {
	ctx := context.Background() // a group is not given up because one of its members is
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	for i, j := range jobs {
		if results[i] = j.ctx.Err(); results[i] != nil {
			continue
		}
		if results[i], err = member(ctx, tx, j); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// member runs one transaction; fault is an error of the group.
func member(ctx context.Context, tx *sql.Tx, j *job) (result, fault error) {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT member"); err != nil {
		return nil, fmt.Errorf("savepoint: %w", err)
	}
	result = j.do(tx)
	end := "RELEASE member"
	if result != nil {
		end = "ROLLBACK TO member; RELEASE member"
	}
	if _, err := tx.ExecContext(ctx, end); err != nil {
		return nil, fmt.Errorf("savepoint: %w", err)
	}
	return result, nil
}

// run queues a transaction and waits until it is durable.
func (s *sqliteLog) run(ctx context.Context, do func(*sql.Tx) error) error {
	j := &job{ctx, do, make(chan error, 1)}
	select {
	case <-s.closed:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	case s.queue <- j:
	}
	select {
	case err := <-j.done:
		return err
	case <-s.done:
		select {
		case err := <-j.done:
			return err
		default:
			return errClosed
		}
	}
}

// Write runs f in a transaction that is durable when Write returns nil.
func (s *sqliteLog) Write(ctx context.Context, l engine.Lease, f func(engine.LogTx) error) error {
	return s.run(ctx, func(tx *sql.Tx) error {
		if err := holds(ctx, tx, l); err != nil {
			return err
		}
		return f(&logTx{ctx, tx})
	})
}
