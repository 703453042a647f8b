package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// The errors of a Log, found by errors.Is.
var (
	ErrNotFound  = errors.New("not found")
	ErrExists    = errors.New("exists already")
	ErrHeld      = errors.New("held by another owner")
	ErrLostLease = errors.New("lease lost")
)

// Log is the only truth about submissions: rows, journals, kept results, the
// bytes they name, and the state that outlives them. Safe for concurrent use.
type Log interface {
	// Create writes a new submission with its journal still empty. ErrExists
	// if the id is taken.
	Create(ctx context.Context, s *Submission) error
	// Submission returns the row of a submission, or ErrNotFound.
	Submission(ctx context.Context, id string) (*Submission, error)
	// Find returns the submissions that q asks for, the oldest first.
	Find(ctx context.Context, q Query) ([]*Submission, error)
	// Journal returns all entries of a submission in the order they were made.
	Journal(ctx context.Context, id string) ([]Entry, error)
	// Kept returns the results kept for a submission, in the order they were kept.
	Kept(ctx context.Context, id string) ([]Kept, error)
	// Blob returns bytes by their SHA-256 in hex, or ErrNotFound.
	Blob(ctx context.Context, sha256 string) ([]byte, error)
	// Get returns what is kept under a key of a bucket; nil if nothing is.
	Get(ctx context.Context, bucket, key string) ([]byte, error)
	// Pairs returns everything in a bucket whose key begins with prefix, by key.
	Pairs(ctx context.Context, bucket, prefix string) ([]Pair, error)

	// Acquire makes owner the only one who may write about a submission until
	// now+ttl and raises its epoch. ErrHeld if another owner holds it and its
	// time is not over.
	Acquire(ctx context.Context, id, owner string, now time.Time, ttl time.Duration) (Lease, error)
	// Release gives a lease back. A lost lease is no error.
	Release(ctx context.Context, l Lease) error
	// Holds returns ErrLostLease if the epoch of the submission is no longer
	// that of l.
	Holds(ctx context.Context, l Lease) error
	// Write runs f in a transaction that is durable when Write returns nil.
	// ErrLostLease, and nothing written, if the epoch is no longer that of l.
	// If f fails nothing is written. f may be run again and must have no other
	// effect. The zero lease writes without one: only for state and rows that
	// no run owns.
	Write(ctx context.Context, l Lease, f func(LogTx) error) error
}

// LogTx is a transaction of a Log. Reads see what it has written.
type LogTx interface {
	Append(id string, e Entry) error // ErrExists if (path, kind) stands in the journal; Seq is set by the log
	Keep(id string, k Kept) error    // replaces one of the same name
	Blob(data []byte) (sha256 string, err error)
	Submission(id string) (*Submission, error)
	Update(s *Submission) error // all but id and epoch
	Get(bucket, key string) ([]byte, error)
	Set(bucket, key string, value []byte) error // nil removes the key
	Pairs(bucket, prefix string) ([]Pair, error)
}

// Pair is a key and what is kept under it.
type Pair struct {
	Key   string
	Value []byte
}

// Lease is the right to write about a submission.
type Lease struct {
	ID    string
	Owner string
	Epoch int64 // rises with every Acquire, never repeats
}

// Submission is one document on its way through a flow.
type Submission struct {
	ID          string
	Environment Environment
	Entity      string
	Package     string
	Version     string
	Digest      string // of the package
	Flow        string
	Kind        FlowKind
	Channel     string

	Document     string // SHA-256 of its bytes in the log
	DocumentID   string // its own id field, or ""
	DocumentType string // "invoice/1"

	Original string // submission an event speaks of
	Previous string // submission this one is a new attempt of

	Accepted time.Time
	Changed  time.Time
	Run      RunStatus
	Status   DocStatus
	Reason   string          // why it is parked, failed or waits; no secret in it
	Rule     string          // stable id of Reason
	Until    time.Time       // of waiting: when to go on
	Fields   json.RawMessage // published facts; see EncodeValue
	Epoch    int64
	Owner    string    // of the lease; empty: nobody
	Expires  time.Time // of the lease

	// Input holds the bytes of the document while it is created; it is read
	// back through Document.
	Input []byte
}

// Query chooses submissions. A zero field chooses all.
type Query struct {
	Environment Environment
	Entity      string
	Run         []RunStatus
	Status      []DocStatus
	Flow        string
	DocumentID  string
	Original    string
	Since       time.Time // accepted at or after
	Due         time.Time // scheduled, running, or waiting until then at the latest
	After       string    // id of the last one already seen
	Limit       int
}

// Entry is one line of a journal. Path names a step instance
// ("issued#2/send#1"); (Path, Kind) is unique in a submission.
type Entry struct {
	Seq   int
	Path  string
	Kind  EntryKind
	At    time.Time
	Epoch int64
	Data  json.RawMessage
	Blobs []string // SHA-256 of the bytes Data speaks of
}

// EntryKind is what an entry tells.
type EntryKind string

// The kinds of entry.
const (
	EntryBegin   EntryKind = "begin"   // legal entity and parameters as they were
	EntryState   EntryKind = "state"   // what was read of state
	EntryKept    EntryKind = "kept"    // outputs of a step that are not recomputed
	EntryRecord  EntryKind = "record"  // outputs of a step that records
	EntryIntent  EntryKind = "intent"  // exact bytes about to be sent
	EntryOutcome EntryKind = "outcome" // how a call ended
	EntryTimer   EntryKind = "timer"   // wait until
	EntryRound   EntryKind = "round"   // a round of a repeated flow that is left behind
	EntryStatus  EntryKind = "status"  // a move of the document
	EntryNote    EntryKind = "note"    // deadline missed, answer come late, a person's word
	EntryRun     EntryKind = "run"     // a move of the run
)

// Kept is a result of a submission.
type Kept struct {
	Name      string
	File      string
	MediaType string
	SHA256    string
	Size      int
	Legal     bool
	At        time.Time
}
