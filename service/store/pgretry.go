package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/fiscus-project/fiscus/engine"
)

// ErrUnsure is returned by Write and Create when the line broke while a
// transaction was being committed and the database could not say afterwards
// whether it was. Whoever gets it must look at the log again before going on.
var ErrUnsure = errors.New("it is not known whether the transaction was committed")

// errAborted tells that a commit certainly did not happen.
var errAborted = errors.New("the transaction was rolled back")

// transient reports whether an error says nothing about what was asked: the
// server is away, or it chose this transaction to give way to another.
func transient(err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		switch server.Code {
		case "40001", "40P01", // serialization failure, deadlock
			"57P01", "57P02", "57P03", // server goes down, was killed, starts
			"53300",          // too many connections
			"25P03",          // the transaction waited too long for us, and was rolled back
			"25006", "08006", // read-only: a standby that is not promoted yet; line broken
			"08000", "08003":
			return true
		case "23505":
			return server.ConstraintName == "journal_pkey" // two appended at once
		}
		return false
	}
	if errors.Is(err, errAborted) {
		return true
	}
	var dial *pgconn.ConnectError
	return errors.As(err, &dial) || lineBroken(err)
}

// lineBroken reports whether the connection itself failed.
func lineBroken(err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code[:2] == "08" || server.Code[:3] == "57P"
	}
	if err == nil || errors.Is(err, pgx.ErrNoRows) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var network interface{ Timeout() bool }
	return errors.As(err, &network) || pgconn.SafeToRetry(err) || isEOF(err)
}

// again does something that may be done twice until it is not stopped by a
// database that is away, or patience is over.
func again(ctx context.Context, do func() error) error {
	end, wait := time.Now().Add(patience), 20*time.Millisecond
	for {
		err := do()
		if err == nil || !transient(err) || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
		wait = min(2*wait, time.Second)
	}
}

// transact runs f in a transaction, again if that is safe.
func (p *pgLog) transact(ctx context.Context, l engine.Lease, f func(*pgTx) error) error {
	return again(ctx, func() error { return p.once(ctx, l, f) })
}

// once runs f in one transaction. An error that is transient means that nothing
// was written.
func (p *pgLog) once(ctx context.Context, l engine.Lease, f func(*pgTx) error) error {
	c, err := p.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	t := &pgTx{ctx: ctx, conn: c.Conn()}
	if err := t.begin(l); err != nil {
		return t.rollback(err)
	}
	if err := f(t); err != nil {
		return t.rollback(err)
	}
	if t.err != nil {
		return t.rollback(t.err)
	}
	sent, err := t.commit()
	if err == nil {
		return nil
	}
	if !sent || !lineBroken(err) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return t.rollback(err)
	}
	xid, line := t.xid, p.timeline(c.Conn())
	_ = c.Conn().Close(context.WithoutCancel(ctx))
	return p.settle(context.WithoutCancel(ctx), xid, line, err)
}

// settle asks the server what became of a transaction whose commit was not
// answered: nil, errAborted, or ErrUnsure.
func (p *pgLog) settle(ctx context.Context, xid, line string, cause error) error {
	end := time.Now().Add(patience)
	for wait := 20 * time.Millisecond; time.Now().Before(end); wait = min(2*wait, time.Second) {
		status, err := p.status(ctx, xid, line)
		switch {
		case err == nil && status == "committed":
			return nil
		case err == nil && status == "aborted":
			return fmt.Errorf("%w: %w", errAborted, cause)
		case err != nil && !transient(err):
			return fmt.Errorf("%w: %w", ErrUnsure, errors.Join(cause, err))
		}
		time.Sleep(wait)
	}
	return fmt.Errorf("%w: %w", ErrUnsure, cause)
}

// errHistory tells that another server answers than the one that was asked to
// commit.
var errHistory = errors.New("another server answers: the database has failed over")

func (p *pgLog) status(ctx context.Context, xid, line string) (status string, err error) {
	err = p.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		if p.timeline(c.Conn()) != line {
			return errHistory
		}
		return c.QueryRow(ctx, "SELECT coalesce(pg_xact_status($1::text::xid8), 'unknown')", xid).Scan(&status)
	})
	if status == "unknown" {
		err = errors.New("the server remembers the transaction no more")
	}
	return status, err
}
