package evidence

import (
	"context"
	"errors"
	"time"

	"github.com/fiscus-project/fiscus/engine"
)

// Sealing is a log in which a submission is sealed when the lease of the run
// that ended it is given back: no run, no command and no worker can forget it.
// What a crash left unsealed, Audit tells and a later Seal makes good.
type Sealing struct {
	engine.Log
	Version string // of the program
	Now     func() time.Time
}

// Release seals the submission of the lease, and the one it spoke of, and gives
// the lease back.
func (s *Sealing) Release(ctx context.Context, l engine.Lease) error {
	return errors.Join(s.seal(ctx, l.ID), s.Log.Release(ctx, l))
}

func (s *Sealing) seal(ctx context.Context, id string) error {
	row, err := s.Submission(ctx, id)
	if err != nil || !ended(row.Run) {
		return err
	}
	for _, of := range []string{id, row.Original} {
		if of == "" {
			continue
		}
		if _, err := Seal(ctx, s.Log, of, s.Version, s.Now()); err != nil {
			return err
		}
	}
	return nil
}
