// Package events tells what became of submissions, in order, at least once.
//
// Begin with Telling, a log that notes an event whenever a run lets go of a
// submission that stands otherwise than was last told, and After, which reads
// events from a place on. A run event is one thing, a document event another:
// a completed run is not an accepted document.
//
// It promises: events of one submission come in the order in which they
// happened; what a crash kept from being told, Sweep tells.
package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/engine"
)

// Kind says what an event is about.
type Kind string

// The kinds of event.
const (
	Run      Kind = "run"      // the run moved
	Document Kind = "document" // the document moved: the authority's word, or ours about it
)

// Event is one thing that happened.
type Event struct {
	Number      int64              `json:"number"` // from 1, rising, without gap, in one log
	At          time.Time          `json:"at"`
	Kind        Kind               `json:"kind"`
	Submission  string             `json:"submission"`
	Environment engine.Environment `json:"environment"`
	Entity      string             `json:"entity"`
	DocumentID  string             `json:"documentId,omitempty"`
	From        string             `json:"from"`
	To          string             `json:"to"`
	Reason      string             `json:"reason,omitempty"`
	Rule        string             `json:"rule,omitempty"`
}

// The buckets of a log in which events are kept.
const (
	bucketEvents = "events"
	bucketLast   = "events.last" // "": number of the last one
	bucketTold   = "events.told" // submission: what was last told of it
)

// told is what was last told of a submission.
type told struct {
	Run      engine.RunStatus `json:"run"`
	Document engine.DocStatus `json:"document"`
}

// Telling is a log in which events are noted when a lease is given back.
type Telling struct {
	engine.Log
	Now func() time.Time
}

// Create notes that a submission was taken.
func (t *Telling) Create(ctx context.Context, s *engine.Submission) error {
	if err := t.Log.Create(ctx, s); err != nil {
		return err
	}
	return Tell(ctx, t.Log, s.ID, t.Now())
}

// Release notes what happened to the submission of the lease, and to the one it
// spoke of, and gives the lease back.
func (t *Telling) Release(ctx context.Context, l engine.Lease) error {
	return errors.Join(t.tell(ctx, l.ID), t.Log.Release(ctx, l))
}

func (t *Telling) tell(ctx context.Context, id string) error {
	s, err := t.Submission(ctx, id)
	if err != nil {
		return err
	}
	err = Tell(ctx, t.Log, id, t.Now())
	if s.Original != "" {
		err = errors.Join(err, Tell(ctx, t.Log, s.Original, t.Now()))
	}
	return err
}

// Tell notes events for where a submission stands now, if that was not told.
func Tell(ctx context.Context, log engine.Log, id string, now time.Time) error {
	return log.Write(ctx, engine.Lease{}, func(tx engine.LogTx) error {
		s, err := tx.Submission(id)
		if err != nil {
			return err
		}
		last := told{Document: engine.DocNone}
		if err := get(tx, bucketTold, id, &last); err != nil {
			return err
		}
		is := told{s.Run, s.Status}
		if is == last {
			return nil
		}
		about := Event{At: now.UTC(), Submission: id, Environment: s.Environment, Entity: s.Entity, DocumentID: s.DocumentID}
		if is.Document != last.Document {
			e := about
			e.Kind, e.From, e.To = Document, string(last.Document), string(is.Document)
			if err := add(tx, &e); err != nil {
				return err
			}
		}
		if is.Run != last.Run {
			e := about
			e.Kind, e.From, e.To, e.Reason, e.Rule = Run, string(last.Run), string(is.Run), s.Reason, s.Rule
			if err := add(tx, &e); err != nil {
				return err
			}
		}
		return set(tx, bucketTold, id, is)
	})
}

// Sweep tells what was not told of submissions that were accepted since then.
func Sweep(ctx context.Context, log engine.Log, since, now time.Time) error {
	all, err := log.Find(ctx, engine.Query{Since: since})
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range all {
		data, err := log.Get(ctx, bucketTold, s.ID)
		if err != nil {
			return err
		}
		var last told
		if data != nil && json.Unmarshal(data, &last) == nil && last == (told{s.Run, s.Status}) {
			continue
		}
		errs = append(errs, Tell(ctx, log, s.ID, now))
	}
	return errors.Join(errs...)
}

// After returns events with a number above after, at most limit, in order.
func After(ctx context.Context, log engine.Log, after int64, limit int) ([]Event, error) {
	last, err := Last(ctx, log)
	if err != nil {
		return nil, err
	}
	out := []Event{}
	for n := after + 1; n <= last && len(out) < limit; n++ {
		data, err := log.Get(ctx, bucketEvents, key(n))
		if err != nil {
			return out, err
		}
		var e Event
		if data == nil {
			continue // kept no longer
		}
		if err := json.Unmarshal(data, &e); err != nil {
			return out, fmt.Errorf("event %d: %w", n, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// Last returns the number of the last event; 0 if there is none.
func Last(ctx context.Context, log engine.Log) (n int64, err error) {
	data, err := log.Get(ctx, bucketLast, "")
	if err != nil || data == nil {
		return 0, err
	}
	return n, json.Unmarshal(data, &n)
}

func key(n int64) string { return fmt.Sprintf("%018d", n) }

func add(tx engine.LogTx, e *Event) error {
	var last int64
	if err := get(tx, bucketLast, "", &last); err != nil {
		return err
	}
	e.Number = last + 1
	return errors.Join(set(tx, bucketEvents, key(e.Number), e), set(tx, bucketLast, "", e.Number))
}

func get(tx engine.LogTx, bucket, key string, into any) error {
	data, err := tx.Get(bucket, key)
	if err != nil || data == nil {
		return err
	}
	return json.Unmarshal(data, into)
}

func set(tx engine.LogTx, bucket, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.Set(bucket, key, data)
}
