package dryrun

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/service/host"
)

// Options are one configuration and how documents are tried on it.
type Options struct {
	Catalog     *engine.Catalog
	Keys        *host.StandIns
	Artifacts   engine.ArtifactStore
	Log         engine.Log // read only: what earlier documents were; nil: none
	Entity      string
	Environment engine.Environment
	Version     string    // of the program
	At          time.Time // what the clock shows; zero: the document's own date, if that is before Now
	Now         time.Time // the present

	// Authority answers in the place of the real one; nil: a run stops before
	// its first call.
	Authority func(ctx context.Context, e *engine.Engine, r *engine.Request) (engine.Transport, error)
}

// Side is one configuration. It is safe for concurrent use.
type Side struct {
	o      Options
	engine *engine.Engine
}

// New returns a configuration that documents can be tried on: packages are
// compiled and readers made once.
func New(o Options) (*Side, error) {
	if o.Log == nil {
		o.Log = engine.NewMemory(nil)
	}
	h := engine.Hands{Clock: engine.NewVirtual(o.Now), Keys: o.Keys, Log: o.Log, Artifacts: o.Artifacts, DigestKey: []byte("dry-run")}
	e, err := engine.New(o.Catalog, h, engine.Options{Version: o.Version, Owner: "dry-run"})
	if err != nil {
		return nil, err
	}
	return &Side{o, e}, nil
}

// Document is a business document and who it is for.
type Document struct {
	ID   string // of the submission; empty: from the document
	File string
	Data []byte
	Err  error     // why it could not be read
	At   time.Time // what the clock shows; zero: as the options say

	Entity      string // empty: as the options say
	Environment engine.Environment
	Channel     string
}

// Result is what became of one document.
type Result struct {
	File   string
	Report *engine.Report // nil if Err is not
	Err    error          // of the document, its selection, or the run
}

// Problems returns Err as problems; ok is false for an error that is none.
func (r *Result) Problems() (list diag.List, ok bool) {
	var p diag.Problem
	if errors.As(r.Err, &list) {
		return list, true
	}
	if errors.As(r.Err, &p) {
		return diag.List{p}, true
	}
	return nil, r.Err == nil
}

// patience is how long waits are passed on the virtual clock.
const patience = 30 * 24 * time.Hour

// Try takes one document through the configuration. Report.Preview says
// whether anything stood in for a key or secret.
func (s *Side) Try(ctx context.Context, d Document) Result {
	out := Result{File: d.File, Err: d.Err}
	if d.Err != nil {
		return out
	}
	r := &engine.Request{ID: d.ID, Document: d.Data, File: d.File, Entity: s.o.Entity, Environment: s.o.Environment, Channel: d.Channel}
	if d.Entity != "" {
		r.Entity, r.Environment = d.Entity, d.Environment
	}
	parsed, list := s.engine.Read(r)
	if out.Err = list.Err(); out.Err != nil {
		return out
	}
	r.Parsed = parsed
	if r.ID == "" {
		id, _ := parsed.Value["id"].(string)
		r.ID = SubmissionID(r, parsed.Schema, id)
	}
	keys := s.o.Keys.Watched()
	h := s.engine.Hands()
	h.Keys, h.Random = keys, chance(d.Data)
	h.Clock = engine.NewVirtual(s.moment(&d, func(field string) (time.Time, bool) { return parsed.Date(time.UTC, field) }))
	e := s.engine.With(h)
	var t engine.Transport
	if s.o.Authority != nil {
		if t, out.Err = s.o.Authority(ctx, e, r); out.Err != nil {
			return out
		}
	}
	if out.Report, out.Err = e.DryRun(ctx, r, t, patience); out.Err == nil {
		out.Report.Preview = keys.Used()
	}
	return out
}

func (s *Side) moment(d *Document, date func(string) (time.Time, bool)) time.Time {
	if !d.At.IsZero() {
		return d.At
	}
	if !s.o.At.IsZero() {
		return s.o.At
	}
	if issued, ok := date("issued"); ok && issued.Before(s.o.Now) {
		return issued
	}
	return s.o.Now
}

// chance returns the chance of a document: the same for the same bytes.
func chance(data []byte) *rand.ChaCha8 { return rand.NewChaCha8(sha256.Sum256(data)) }

// SubmissionID names the submission of a document: the same document of the
// same legal entity is never taken twice, however often it is handed in. A
// document without an id of its own is known by its bytes.
func SubmissionID(r *engine.Request, schema, id string) string {
	identity := schema + "\x00" + id
	if id == "" {
		identity = "bytes\x00" + string(r.Document)
	}
	sum := sha256.Sum256([]byte(string(r.Environment) + "\x00" + r.Entity + "\x00" + identity))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
}
