package cover

import (
	"context"
	"errors"
	"time"

	"github.com/fiscus-project/fiscus/engine"
)

// errKilled is what a log says after the engine that used it was killed.
var errKilled = errors.New("the engine is no more")

// crashLog is a log whose owner can be killed: from then on nothing it does is
// written, whatever it believes.
type crashLog struct {
	engine.Log
	dead bool
}

func (l *crashLog) alive() error {
	if l.dead {
		return errKilled
	}
	return nil
}

// Create writes a new submission.
func (l *crashLog) Create(ctx context.Context, s *engine.Submission) error {
	if err := l.alive(); err != nil {
		return err
	}
	return l.Log.Create(ctx, s)
}

// Acquire takes a lease.
func (l *crashLog) Acquire(ctx context.Context, id, owner string, now time.Time, ttl time.Duration) (engine.Lease, error) {
	if err := l.alive(); err != nil {
		return engine.Lease{}, err
	}
	return l.Log.Acquire(ctx, id, owner, now, ttl)
}

// Release gives a lease back; a dead owner's stays as it is.
func (l *crashLog) Release(ctx context.Context, lease engine.Lease) error {
	if err := l.alive(); err != nil {
		return err
	}
	return l.Log.Release(ctx, lease)
}

// Write runs f in a transaction.
func (l *crashLog) Write(ctx context.Context, lease engine.Lease, f func(engine.LogTx) error) error {
	if err := l.alive(); err != nil {
		return err
	}
	return l.Log.Write(ctx, lease, f)
}

// crashLine kills the engine when the first answer of a call comes back: what
// was sent has arrived, and nothing of the answer is written.
type crashLine struct {
	engine.Transport
	log   *crashLog
	armed bool
}

// Do makes the call once.
func (l *crashLine) Do(ctx context.Context, c *engine.Call, gate engine.Gate) *engine.Response {
	res := l.Transport.Do(ctx, c, gate)
	if l.armed {
		l.log.dead = true
	}
	return res
}
