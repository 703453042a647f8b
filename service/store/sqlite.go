package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/url"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the database driver
)

//go:embed migrations
var migrations embed.FS

// sqliteLog is a log in a file. Safe for concurrent use.
type sqliteLog struct {
	read   *sql.DB // several readers
	write  *sql.DB // one connection
	queue  chan *job
	closed chan struct{}
	done   chan struct{}
}

// openSQLite opens the database file and brings its tables up to date.
func openSQLite(ctx context.Context, file string) (*sqliteLog, error) {
	write, err := connect(file, "immediate")
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	if err := migrate(ctx, write); err != nil {
		return nil, errors.Join(fmt.Errorf("tables of %s: %w", file, err), write.Close())
	}
	read, err := connect(file, "deferred")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(8)
	s := &sqliteLog{read: read, write: write, queue: make(chan *job, 256), closed: make(chan struct{}), done: make(chan struct{})}
	go s.commit()
	return s, nil
}

func connect(file, lock string) (*sql.DB, error) {
	q := url.Values{"_pragma": {"busy_timeout(30000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}, "_txlock": {lock}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	return db, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return err
	}
	// Most of the time there is nothing to do: a process that only looks need not
	// queue for the right to write.
	if there, err := p.GetDBVersion(ctx); err == nil && there == latest(p) {
		return nil
	}
	_, err = p.Up(ctx)
	return err
}

func latest(p *goose.Provider) int64 {
	all := p.ListSources()
	return all[len(all)-1].Version
}

// Close waits for what was begun and closes the file.
func (s *sqliteLog) Close() error {
	close(s.closed)
	<-s.done
	return errors.Join(s.read.Close(), s.write.Close())
}

func instant(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	if last := time.Unix(0, math.MaxInt64); t.After(last) { // the year 2262
		t = last
	}
	return t.UnixNano()
}

func moment(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// querier is what a connection and a transaction have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}
