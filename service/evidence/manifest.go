package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/fiscus-project/fiscus/engine"
)

// Format names the form of a manifest.
const Format = "fiscus-evidence/1"

// Manifest says what is known of a submission that has ended, and the digests
// of everything that belongs to it.
type Manifest struct {
	Format      string             `json:"format"`
	Engine      string             `json:"engine"` // version that sealed it
	Submission  string             `json:"submission"`
	Environment engine.Environment `json:"environment"`
	Entity      string             `json:"entity"`
	Package     string             `json:"package"`
	Version     string             `json:"version"`
	Digest      string             `json:"digest"` // of the package
	Flow        string             `json:"flow"`
	Channel     string             `json:"channel,omitempty"`
	DocumentID  string             `json:"documentId,omitempty"`
	Original    string             `json:"original,omitempty"` // submission an event speaks of
	Previous    string             `json:"previous,omitempty"` // submission this is a new attempt of
	Accepted    time.Time          `json:"accepted"`
	Changed     time.Time          `json:"changed"`
	Run         engine.RunStatus   `json:"run"`
	Status      engine.DocStatus   `json:"document"`
	Reason      string             `json:"reason,omitempty"`
	Fields      json.RawMessage    `json:"fields,omitempty"`
	Input       string             `json:"input"`   // SHA-256 of the document as handed in
	Journal     string             `json:"journal"` // SHA-256 of the file journal.ndjson of a bundle
	Blobs       []string           `json:"blobs"`   // SHA-256 of all bytes the journal speaks of, sorted
	Results     []Result           `json:"results"`
}

// Result is a kept result.
type Result struct {
	Name      string    `json:"name"`
	File      string    `json:"file"`
	MediaType string    `json:"mediaType"`
	SHA256    string    `json:"sha256"`
	Size      int       `json:"size"`
	Legal     bool      `json:"legal"` // the legal original
	At        time.Time `json:"at"`
}

func (m *Manifest) text() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	return append(text, '\n'), err
}

// digests lists all bytes that belong to the submission, sorted.
func (m *Manifest) digests() []string {
	all := append([]string{}, m.Blobs...)
	if m.Input != "" {
		all = append(all, m.Input)
	}
	for _, r := range m.Results {
		all = append(all, r.SHA256)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ended reports whether nothing goes on by itself any more.
func ended(r engine.RunStatus) bool {
	return r == engine.RunCompleted || r == engine.RunFailed || r == engine.RunCanceled
}

// manifestOf tells what is to be sealed; nil if the submission has not ended.
func manifestOf(ctx context.Context, log engine.Log, id, version string) (*Manifest, error) {
	s, err := log.Submission(ctx, id)
	if err != nil || !ended(s.Run) {
		return nil, err
	}
	journal, blobs, err := journalOf(ctx, log, id)
	if err != nil {
		return nil, err
	}
	kept, err := log.Kept(ctx, id)
	if err != nil {
		return nil, err
	}
	m := &Manifest{Format: Format, Engine: version, Submission: id, Environment: s.Environment, Entity: s.Entity, Package: s.Package, Version: s.Version,
		Digest: s.Digest, Flow: s.Flow, Channel: s.Channel, DocumentID: s.DocumentID, Original: s.Original, Previous: s.Previous,
		Accepted: s.Accepted.UTC(), Changed: s.Changed.UTC(), Run: s.Run, Status: s.Status, Reason: s.Reason, Fields: s.Fields,
		Input: s.Document, Journal: digest(journal), Blobs: blobs, Results: []Result{}}
	for _, k := range kept {
		m.Results = append(m.Results, Result{k.Name, k.File, k.MediaType, k.SHA256, k.Size, k.Legal, k.At.UTC()})
	}
	return m, nil
}

// line is an entry of a journal in a bundle.
type line struct {
	Seq   int              `json:"seq"`
	Path  string           `json:"path"`
	Kind  engine.EntryKind `json:"kind"`
	At    time.Time        `json:"at"`
	Data  json.RawMessage  `json:"data,omitempty"`
	Blobs []string         `json:"blobs,omitempty"`
}

// journalOf writes the journal as one line of JSON an entry, and lists the
// bytes it speaks of.
func journalOf(ctx context.Context, log engine.Log, id string) ([]byte, []string, error) {
	entries, err := log.Journal(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	blobs := []string{}
	w := json.NewEncoder(&out)
	w.SetEscapeHTML(false)
	for _, e := range entries {
		if err := w.Encode(line{e.Seq, e.Path, e.Kind, e.At.UTC(), e.Data, e.Blobs}); err != nil {
			return nil, nil, err
		}
		blobs = append(blobs, e.Blobs...)
	}
	slices.Sort(blobs)
	return out.Bytes(), slices.Compact(blobs), nil
}
