// Package durable decides when a submission goes on: at once, after a wait,
// after a crash, on another machine. All it ever does is call advance with the
// id of a submission; what is true about a submission stands in the log alone,
// so that the queue may be lost, late or wrong without harm.
//
// Begin with Open. The queue behind it is DBOS Transact, on a file of its own
// beside an SQLite log or in a schema of its own in the PostgreSQL database of
// the log. It promises: what was started is advanced until it has ended or is
// parked, whatever dies; a submission of one partition does not wait for all of
// another; a wait holds no goroutine.
package durable

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/store"
)

// Queue is what callers see of it.
type Queue interface {
	// Start has a submission advanced as soon as a worker is free. Starting it
	// twice does no harm.
	Start(ctx context.Context, i Item) error
	// Delay has it advanced when t has come, at most some seconds later.
	Delay(ctx context.Context, i Item, t time.Time) error
	// Signal has it advanced now, because something came in.
	Signal(ctx context.Context, i Item) error
	// List tells how many items are in which state.
	List(ctx context.Context) (map[string]int, error)
	// Retain forgets what was done before t and returns how many items that was.
	Retain(ctx context.Context, t time.Time) (int, error)
}

// Item is a submission in the queue.
type Item struct {
	ID        string `json:"id"`
	Digest    string `json:"digest"`    // of the package it is pinned to, to be seen in the queue
	Partition string `json:"partition"` // those of one partition wait for each other; see Partition
	Priority  uint   `json:"priority"`  // lower goes first, within its partition
	Tries     int    `json:"tries"`     // how often it could not be advanced
	Woke      int64  `json:"woke"`      // the end of the wait it was woken for, in nanoseconds since 1970
	Again     int    `json:"again"`     // how often it was woken for the same: clocks differ, or were set back
}

// ItemOf returns the item of a submission.
func ItemOf(s *engine.Submission) Item {
	return Item{ID: s.ID, Digest: s.Digest, Partition: Partition("", s)}
}

// Partition names whose work a submission is: of a tenant, or of none, and
// of a legal entity in an environment.
func Partition(tenant string, s *engine.Submission) string {
	return tenant + "/" + string(s.Environment) + "/" + s.Entity
}

// Options of a worker. Log and Engine are required.
type Options struct {
	Log *store.Store
	// Engine returns the engine of an incarnation of this worker: owner is the
	// name its leases must have.
	Engine func(owner string) (*engine.Engine, error)
	// Gone reports whether the owner of a lease lives no more; default: as the
	// log knows it.
	Gone    func(owner string) bool
	Place   string // of the log, as store.Open had it
	Name    string // of this worker, for people; default: host name
	Workers int    // submissions under way at once; default 16
	// Late is the time after which a worker that is not heard of is taken to be
	// gone; default 20 s. Beats come five times as often.
	Late time.Duration
	// Sweep is how often the log is compared with the queue; default 1 min.
	Sweep time.Duration
	Keep  time.Duration // done items are forgotten after it; default 24 h
	Say   *slog.Logger  // default: nothing is said
}

func (o Options) filled() (Options, error) {
	if o.Log == nil || o.Engine == nil || o.Place == "" {
		return o, errors.New("a worker needs a log and an engine")
	}
	if o.Gone == nil {
		o.Gone = o.Log.Gone
	}
	host, _ := os.Hostname()
	o.Name = cmp.Or(o.Name, host, "worker")
	o.Workers = cmp.Or(o.Workers, 16)
	o.Late = cmp.Or(o.Late, 20*time.Second)
	o.Sweep = cmp.Or(o.Sweep, time.Minute)
	o.Keep = cmp.Or(o.Keep, 24*time.Hour)
	if o.Say == nil {
		o.Say = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
