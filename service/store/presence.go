package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrBuried tells a worker that the database has given its work to others: it
// was away too long. It must begin anew, under another name.
var ErrBuried = errors.New("the database has given the work of this worker to others")

// Presence is how a worker shows that it lives. PostgreSQL decides: a worker
// lives as long as the session that holds its lock does. The session ends with
// the process and with the line; that of a worker that has not been heard of
// for long is ended by the others. On SQLite, with one owner of a data folder,
// there is nothing to show.
type Presence struct {
	ID   string
	mu   sync.Mutex
	conn *pgx.Conn // nil on SQLite
}

// workerPrefix begins the names of workers among owners of leases.
const workerPrefix = "worker/"

// Enter makes a worker known. ID must never have been used before.
func (s *Store) Enter(ctx context.Context, id string) (*Presence, error) {
	p, ok := s.backend.(*pgLog)
	if !ok {
		return &Presence{ID: id}, nil
	}
	id = workerPrefix + id
	conn, err := pgx.ConnectConfig(ctx, p.pool.Config().ConnConfig)
	if err != nil {
		return nil, err
	}
	var n int
	var locked bool
	err = conn.QueryRow(ctx, "INSERT INTO worker (id, pid) VALUES ($1, pg_backend_pid()) RETURNING lock", id).Scan(&n)
	if err == nil {
		err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, $2)", lockClass, n).Scan(&locked)
	}
	if err == nil && !locked {
		err = errors.New("somebody else looks after this worker already")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("enter as %s: %w", id, err), conn.Close(context.WithoutCancel(ctx)))
	}
	return &Presence{ID: id, conn: conn}, nil
}

// Beat tells that the worker is at work. An error means that it is not known to
// be any more: what it has under way may be taken over at any moment.
func (p *Presence) Beat(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	tag, err := p.conn.Exec(ctx, "UPDATE worker SET seen = now() WHERE id = $1", p.ID)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrBuried
	}
	return err
}

// Leave ends a presence in good order.
func (p *Presence) Leave(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return nil
	}
	_, err := p.conn.Exec(ctx, "DELETE FROM worker WHERE id = $1", p.ID)
	return errors.Join(err, p.conn.Close(ctx))
}

// Bury finds the workers that live no more, forgets them, and returns their
// names: their leases may be taken at once. The session of a worker that has
// not been heard of for the time late, by the clock of the database, is ended
// first; what that worker does after it wakes up finds its leases lost.
func (s *Store) Bury(ctx context.Context, late time.Duration) ([]string, error) {
	p, ok := s.backend.(*pgLog)
	if !ok {
		return nil, nil
	}
	_, err := p.pool.Exec(ctx, `SELECT pg_terminate_backend(l.pid) FROM worker w JOIN pg_locks l
 ON l.locktype = 'advisory' AND l.classid = $1 AND l.objid = w.lock AND l.objsubid = 2 AND l.granted
 WHERE w.seen < now() - $2::interval`, lockClass, late)
	if err != nil {
		return nil, err
	}
	var dead []string
	err = pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `DELETE FROM worker WHERE id IN (
 SELECT id FROM worker WHERE seen < now() - interval '1 second' AND pg_try_advisory_xact_lock($1, lock) FOR UPDATE SKIP LOCKED) RETURNING id`, lockClass)
		if err != nil {
			return err
		}
		dead, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return dead, err
}

// Gone reports whether the owner of a lease is a worker that the database knows
// no more. When in doubt it is false.
func (s *Store) Gone(owner string) bool {
	p, ok := s.backend.(*pgLog)
	if !ok || !strings.HasPrefix(owner, workerPrefix) {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var there bool
	err := p.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM worker WHERE id = $1)", owner).Scan(&there)
	return err == nil && !there
}
