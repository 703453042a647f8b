package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
)

// Engine runs submissions. It is safe for concurrent use; what it knows of a
// submission is in the log alone.
type Engine struct {
	cat     *Catalog
	hands   Hands
	options Options
	reader  *document.Reader
	schemas map[string]*document.Schema // of extensions, by name
	read    *document.Document          // of the one submission of a dry-run; nil: the log has it
}

// Options are the times and names an engine goes by. Zero fields mean the
// defaults.
type Options struct {
	Owner    string        // of leases; default: random
	LeaseTTL time.Duration // after which another owner may take over; default 5m
	SendFor  time.Duration // from the intent to the last byte written; default 30s
	Skew     time.Duration // by which clocks may differ; default 5s
	Version  string        // of the program, kept with every run
	// Gone reports whether the owner of a lease is known to live no more: its
	// lease need not be waited for. nil: nobody is known to.
	Gone func(owner string) bool
}

func (o Options) filled(random io.Reader) (Options, error) {
	if o.LeaseTTL == 0 {
		o.LeaseTTL = 5 * time.Minute
	}
	if o.SendFor == 0 {
		o.SendFor = 30 * time.Second
	}
	if o.Skew == 0 {
		o.Skew = 5 * time.Second
	}
	var err error
	if o.Owner == "" {
		o.Owner, err = randomID(random)
	}
	return o, err
}

// New returns an engine. Clock and Log must be given; Random defaults to the
// system's.
func New(c *Catalog, h Hands, o Options) (*Engine, error) {
	if h.Clock == nil || h.Log == nil {
		return nil, errors.New("an engine needs a clock and a log")
	}
	if h.Random == nil {
		h.Random = rand.Reader
	}
	if h.Sealer == nil {
		box, err := keys.NewBox(nil)
		if err != nil {
			return nil, err
		}
		h.Sealer = box
	}
	o, err := o.filled(h.Random)
	if err != nil {
		return nil, err
	}
	e := &Engine{cat: c, hands: h, options: o, schemas: map[string]*document.Schema{}}
	if e.reader, err = document.NewReader(document.Limits{}); err != nil {
		return nil, err
	}
	for i := len(c.packages) - 1; i >= 0; i-- { // the newest version wins
		p := c.packages[i]
		if p.ExtensionJSON == nil {
			continue
		}
		s, err := document.CompileSchema(p.ID, p.ExtensionJSON)
		if err != nil {
			return nil, fmt.Errorf("extension of %s: %w", p.ID, err)
		}
		e.schemas[ExtensionName(p.Family())] = s
	}
	return e, nil
}

// With returns an engine that has other hands.
func (e *Engine) With(h Hands) *Engine {
	c := *e
	if h.Random == nil {
		h.Random = e.hands.Random
	}
	if h.Sealer == nil {
		h.Sealer = e.hands.Sealer
	}
	c.hands = h
	return &c
}

// now returns the time as the log keeps it, so that a replay sees the same.
func (e *Engine) now() time.Time { return e.hands.Clock.Now().UTC().Round(0) }

// Catalog returns what the engine chooses from.
func (e *Engine) Catalog() *Catalog { return e.cat }

// Hands returns the hands of the engine.
func (e *Engine) Hands() Hands { return e.hands }

func randomID(r io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

// Request is a document to be submitted, looked at or tried.
type Request struct {
	ID          string // of the submission; empty: a new one
	Document    []byte
	File        string // name of the document in problems
	Entity      string
	Environment Environment
	Channel     string
	Previous    string // submission this is a new attempt of

	// Parsed is what Read made of Document, for a caller that read it before;
	// nil: it is read.
	Parsed *document.Document
}

// Read reads and checks the document of a request, unless that was done.
func (e *Engine) Read(r *Request) (*document.Document, diag.List) {
	if r.Parsed != nil {
		return r.Parsed, nil
	}
	file := r.File
	if file == "" {
		file = "document"
	}
	return e.reader.Read(file, r.Document, e.schemas)
}

func (e *Engine) question(ctx context.Context, r *Request) (*Question, error) {
	d, list := e.Read(r)
	if err := list.Err(); err != nil {
		return nil, err
	}
	original, err := FindOriginal(ctx, e.hands.Log, d, r.Entity, r.Environment)
	if err != nil {
		return nil, err
	}
	return &Question{Document: d, Entity: r.Entity, Environment: r.Environment, Channel: r.Channel, Original: original, Keys: boundKeys(e.hands.Keys, r.Environment)}, nil
}

// Explain tells which flow a document would take and why not the others.
func (e *Engine) Explain(ctx context.Context, r *Request) (*Explanation, error) {
	q, err := e.question(ctx, r)
	if err != nil {
		return nil, err
	}
	return e.cat.Explain(q), nil
}

// Submit takes a document: it reads it, chooses the flow and writes the
// submission, still scheduled. The same id with the same document returns what
// is there; with another document it is RUN-ID-TAKEN. Problems of document
// and selection are returned as diag.List or diag.Problem.
func (e *Engine) Submit(ctx context.Context, r *Request) (*Submission, error) {
	q, err := e.question(ctx, r)
	if err != nil {
		return nil, err
	}
	choice, err := e.cat.Select(q)
	if err != nil {
		return nil, err
	}
	s, err := e.submission(r, q, choice)
	if err != nil {
		return nil, err
	}
	if err = e.hands.Log.Create(ctx, s); errors.Is(err, ErrExists) && r.ID != "" {
		return e.again(ctx, s, q.Document)
	}
	if err != nil {
		return nil, err
	}
	return e.hands.Log.Submission(ctx, s.ID)
}

func (e *Engine) submission(r *Request, q *Question, choice Choice) (*Submission, error) {
	id := r.ID
	if id == "" {
		var err error
		if id, err = randomID(e.hands.Random); err != nil {
			return nil, err
		}
	}
	now := e.now()
	s := &Submission{ID: id, Environment: r.Environment, Entity: r.Entity, Channel: r.Channel,
		Package: choice.Package.ID, Version: choice.Package.Version, Digest: choice.Package.Digest,
		Flow: choice.Flow.Name, Kind: choice.Flow.Kind,
		DocumentID: documentID(q.Document), DocumentType: q.Document.Schema, Previous: r.Previous,
		Accepted: now, Changed: now, Run: RunScheduled, Status: DocNone, Input: r.Document}
	if q.Original != nil {
		s.Original = q.Original.ID
	}
	return s, nil
}

// again answers a request that was taken before.
func (e *Engine) again(ctx context.Context, s *Submission, d *document.Document) (*Submission, error) {
	old, err := e.hands.Log.Submission(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	if old.Document != blobName(s.Input) || old.Entity != s.Entity || old.Environment != s.Environment {
		p := diag.Problem{Rule: "RUN-ID-TAKEN", Message: fmt.Sprintf("submission %q was made with another document", s.ID)}
		if s.DocumentID != "" && s.DocumentID == old.DocumentID {
			p.Pos, p.Path, p.Message = d.Place("/id"), "/id", fmt.Sprintf("a document %q of %s was taken before, with other content", s.DocumentID, s.Entity)
			p.Hint = fmt.Sprintf("what became of it: fiscus submission show %s; another document needs an id of its own", s.ID)
		}
		return nil, p
	}
	return old, nil
}
