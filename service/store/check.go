package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Health is what Check found.
type Health struct {
	Submissions int       // how many there are
	Open        int       // how many of them have not ended
	Newest      time.Time // when something was last written about one; zero if never
}

// tables are those of the log.
var tables = []string{"submission", "journal", "kept", "blob", "pair"}

const selectHealth = `SELECT count(*), count(CASE WHEN run NOT IN ('completed', 'failed', 'canceled') THEN 1 END), coalesce(max(changed), 0) FROM submission`

// Check reads all pages of the file and the tables. An error says what is
// damaged or missing.
func (s *sqliteLog) Check(ctx context.Context) (Health, error) {
	var h Health
	found, err := list(ctx, s.read, "PRAGMA quick_check(3)", nil, func(r *sql.Rows) (string, error) {
		var line string
		err := r.Scan(&line)
		return line, err
	})
	if err != nil {
		return h, fmt.Errorf("check the log: %w", err)
	}
	if len(found) != 1 || found[0] != "ok" {
		return h, fmt.Errorf("the log is damaged: %q", found)
	}
	var errs []error
	for _, table := range tables {
		if _, err := s.read.ExecContext(ctx, "SELECT 1 FROM "+table+" LIMIT 1"); err != nil {
			errs = append(errs, fmt.Errorf("table %s: %w", table, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return h, err
	}
	var newest int64
	row := s.read.QueryRowContext(ctx, selectHealth)
	err = row.Scan(&h.Submissions, &h.Open, &newest)
	h.Newest = moment(newest)
	return h, err
}
