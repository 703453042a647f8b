// Package store keeps the log of submissions: on SQLite, one file with nothing
// to install, or on PostgreSQL, where several machines work on the same log.
// What Write returned from survives a power cut on both.
//
// Begin with Open. A Store is an engine.Log; the suite of engine/enginetest
// holds for both. On SQLite transactions that wait at the same moment share one
// commit. On PostgreSQL a transaction is run again after a deadlock or a lost
// line, unless it may have been committed: then PostgreSQL is asked.
package store

import (
	"context"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
)

// Store is an open log. Safe for concurrent use.
type Store struct {
	backend
	documents Documents
	url       string
}

// backend is what a kind of database offers.
type backend interface {
	engine.Log
	// Check reads the tables. An error says what is damaged or missing.
	Check(context.Context) (Health, error)
	// Close waits for what was begun and closes the log.
	Close() error
}

// Options say how a log is opened. The zero value is the default.
type Options struct {
	// Documents holds the bytes that the log names; nil: the log itself.
	Documents Documents
}

// Open opens a log and brings its tables up to date. The place is the path of
// an SQLite file or the address of a PostgreSQL database (postgres://...).
func Open(ctx context.Context, place string) (*Store, error) {
	return OpenWith(ctx, place, Options{})
}

// OpenWith is Open with options.
func OpenWith(ctx context.Context, place string, o Options) (*Store, error) {
	var b backend
	var err error
	if IsPostgres(place) {
		b, err = openPostgres(ctx, place)
	} else {
		b, err = openSQLite(ctx, place)
	}
	if err != nil {
		return nil, err
	}
	return &Store{backend: b, documents: o.Documents, url: place}, nil
}

// IsPostgres reports whether a place is the address of a PostgreSQL database.
func IsPostgres(place string) bool {
	return strings.HasPrefix(place, "postgres://") || strings.HasPrefix(place, "postgresql://")
}

var _ engine.Log = (*Store)(nil)
