package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/fiscus-project/fiscus/engine"
)

// pgLog is a log on PostgreSQL. Safe for concurrent use.
type pgLog struct {
	pool *pgxpool.Pool

	mu        sync.Mutex
	timelines map[*pgx.Conn]string // of the server at the other end of a connection
}

// patience is how long a database that is away is waited for.
const patience = 45 * time.Second

func openPostgres(ctx context.Context, url string) (*pgLog, error) {
	config, err := poolConfig(url)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = 24
	}
	p := &pgLog{timelines: map[*pgx.Conn]string{}}
	config.AfterConnect = p.connected
	config.BeforeClose = p.closing
	if p.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	if err := p.migrate(ctx); err != nil {
		p.pool.Close()
		return nil, fmt.Errorf("tables of the database %s: %w", config.ConnConfig.Database, err)
	}
	return p, nil
}

func (p *pgLog) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations/postgres")
	if err != nil {
		return err
	}
	alone, err := lock.NewPostgresSessionLocker() // several workers may start at once
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(p.pool)
	m, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(alone))
	if err != nil {
		return errors.Join(err, db.Close())
	}
	if there, err := m.GetDBVersion(ctx); err != nil || there != latest(m) {
		if _, err := m.Up(ctx); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	return db.Close()
}

// idleFor is how long, in milliseconds, a transaction may wait for its client: a
// process that was stopped in the middle of one, or cut off, would keep the
// locks of counters and chains from all others until it comes back.
const (
	idleFor       = "5000"
	idleParameter = "idle_in_transaction_session_timeout"
)

func poolConfig(url string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("address of the database: %w", err)
	}
	if p := config.ConnConfig.RuntimeParams; p[idleParameter] == "" {
		p[idleParameter] = idleFor
	}
	return config, nil
}

// Pool opens connections to a PostgreSQL database for what stands beside the
// log: a process that is stopped keeps no lock of it for long.
func Pool(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := poolConfig(url)
	if err != nil {
		return nil, err
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// connected notes which history the server writes: after a fail-over the
// numbers of transactions mean others.
func (p *pgLog) connected(ctx context.Context, c *pgx.Conn) error {
	var line string
	if err := c.QueryRow(ctx, "SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END").Scan(&line); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timelines[c] = line
	return nil
}

func (p *pgLog) closing(c *pgx.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.timelines, c)
}

func (p *pgLog) timeline(c *pgx.Conn) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.timelines[c]
}

// Close waits for what was begun and closes the connections.
func (p *pgLog) Close() error {
	p.pool.Close()
	return nil
}

// Create writes a new submission.
func (p *pgLog) Create(ctx context.Context, row *engine.Submission) error {
	return p.transact(ctx, engine.Lease{}, func(t *pgTx) error {
		c := *row
		if row.Input != nil {
			name, err := t.Blob(row.Input)
			if err != nil {
				return err
			}
			c.Document = name
		}
		return t.insert(&c)
	})
}

// Acquire makes owner the only one who may write about a submission. If the
// answer is lost it is asked for again: the epoch rises once more, and the same
// owner takes over from itself.
func (p *pgLog) Acquire(ctx context.Context, id, owner string, now time.Time, ttl time.Duration) (engine.Lease, error) {
	lease := engine.Lease{ID: id, Owner: owner}
	err := again(ctx, func() error {
		return p.pool.QueryRow(ctx, `UPDATE submission SET owner = $1, expires = $2, epoch = epoch + 1
 WHERE id = $3 AND (owner = '' OR owner = $1 OR expires <= $4) RETURNING epoch`, owner, instant(now.Add(ttl)), id, instant(now)).Scan(&lease.Epoch)
	})
	if !errors.Is(err, pgx.ErrNoRows) {
		return lease, err
	}
	if _, err := p.Submission(ctx, id); err != nil {
		return lease, err
	}
	return lease, fmt.Errorf("submission %q: %w", id, engine.ErrHeld)
}

// Release gives a lease back.
func (p *pgLog) Release(ctx context.Context, l engine.Lease) error {
	return again(ctx, func() error {
		_, err := p.pool.Exec(ctx, "UPDATE submission SET owner = '', expires = 0 WHERE id = $1 AND epoch = $2", l.ID, l.Epoch)
		return err
	})
}

// Holds returns ErrLostLease if the epoch is no longer that of l. It is not
// asked again: whoever asks is about to send, and a doubt means no.
func (p *pgLog) Holds(ctx context.Context, l engine.Lease) error {
	if l.ID == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var epoch int64
	err := p.pool.QueryRow(ctx, "SELECT epoch FROM submission WHERE id = $1", l.ID).Scan(&epoch)
	return lost(l, epoch, err)
}

func lost(l engine.Lease, epoch int64, err error) error {
	if errors.Is(err, pgx.ErrNoRows) || err == nil && epoch != l.Epoch {
		return fmt.Errorf("submission %q: %w", l.ID, engine.ErrLostLease)
	}
	return err
}

// Write runs f in a transaction that is durable when Write returns nil.
func (p *pgLog) Write(ctx context.Context, l engine.Lease, f func(engine.LogTx) error) error {
	return p.transact(ctx, l, func(t *pgTx) error { return f(t) })
}
