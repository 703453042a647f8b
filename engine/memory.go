package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory is a Log that lives as long as the process. With a base it is a
// scratch copy: it reads what the base has, and writes only to itself.
type Memory struct {
	mu   sync.Mutex
	base Log
	data memoryData
}

type memoryData struct {
	rows    map[string]*Submission
	order   []string
	journal map[string][]Entry
	seen    map[string]bool // id, path and kind
	kept    map[string][]Kept
	blobs   map[string][]byte
	state   map[string]map[string][]byte
}

// NewMemory returns an empty log over base, which may be nil.
func NewMemory(base Log) *Memory {
	return &Memory{base: base, data: memoryData{
		rows: map[string]*Submission{}, journal: map[string][]Entry{}, seen: map[string]bool{},
		kept: map[string][]Kept{}, blobs: map[string][]byte{}, state: map[string]map[string][]byte{},
	}}
}

// Create writes a new submission.
func (m *Memory) Create(ctx context.Context, s *Submission) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.data.rows[s.ID] != nil {
		return fmt.Errorf("submission %q: %w", s.ID, ErrExists)
	}
	row := *s
	if s.Input != nil {
		row.Document = m.data.blob(s.Input)
	}
	row.Input = nil
	m.data.rows[s.ID] = &row
	m.data.order = append(m.data.order, s.ID)
	return nil
}

// Submission returns the row of a submission.
func (m *Memory) Submission(ctx context.Context, id string) (*Submission, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.row(ctx, id)
}

func (m *Memory) row(ctx context.Context, id string) (*Submission, error) {
	if s := m.data.rows[id]; s != nil {
		c := *s
		return &c, nil
	}
	if m.base != nil {
		return m.base.Submission(ctx, id)
	}
	return nil, fmt.Errorf("submission %q: %w", id, ErrNotFound)
}

// Find returns the submissions that q asks for, the oldest first.
func (m *Memory) Find(ctx context.Context, q Query) ([]*Submission, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []*Submission
	limit := q.Limit
	if m.base != nil {
		q.Limit = 0
		below, err := m.base.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		out = slices.DeleteFunc(below, func(s *Submission) bool { return m.data.rows[s.ID] != nil })
	}
	past := q.After == ""
	for _, id := range m.data.order {
		s := m.data.rows[id]
		if past && q.fits(s) {
			c := *s
			out = append(out, &c)
		}
		past = past || id == q.After
	}
	if limit > 0 && len(out) > limit {
		out = out[:limit]
	}
	return out, nil
}

// fits reports whether q asks for s; After and Limit are left to the log.
func (q *Query) fits(s *Submission) bool {
	text := func(want, have string) bool { return want == "" || want == have }
	return text(string(q.Environment), string(s.Environment)) && text(q.Entity, s.Entity) && text(q.Flow, s.Flow) &&
		text(q.DocumentID, s.DocumentID) && text(q.Original, s.Original) &&
		(len(q.Run) == 0 || slices.Contains(q.Run, s.Run)) &&
		(len(q.Status) == 0 || slices.Contains(q.Status, s.Status)) &&
		!s.Accepted.Before(q.Since) &&
		(q.Due.IsZero() || s.Run == RunScheduled || s.Run == RunRunning || s.Run == RunWaiting && !s.Until.After(q.Due))
}

// Journal returns all entries of a submission.
func (m *Memory) Journal(ctx context.Context, id string) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.data.rows[id] == nil && m.base != nil {
		return m.base.Journal(ctx, id)
	}
	return slices.Clone(m.data.journal[id]), nil
}

// Kept returns the results kept for a submission.
func (m *Memory) Kept(ctx context.Context, id string) ([]Kept, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.data.rows[id] == nil && m.base != nil {
		return m.base.Kept(ctx, id)
	}
	return slices.Clone(m.data.kept[id]), nil
}

// Blob returns bytes by their SHA-256.
func (m *Memory) Blob(ctx context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b, ok := m.data.blobs[name]; ok {
		return b, nil
	}
	if m.base != nil {
		return m.base.Blob(ctx, name)
	}
	return nil, fmt.Errorf("bytes %s: %w", name, ErrNotFound)
}

func (d *memoryData) blob(data []byte) string {
	sum := sha256.Sum256(data)
	name := hex.EncodeToString(sum[:])
	if _, ok := d.blobs[name]; !ok {
		d.blobs[name] = slices.Clone(data)
	}
	return name
}

// Get returns what is kept under a key of a bucket.
func (m *Memory) Get(ctx context.Context, bucket, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.get(ctx, bucket, key)
}

func (m *Memory) get(ctx context.Context, bucket, key string) ([]byte, error) {
	if v, ok := m.data.state[bucket][key]; ok || m.base == nil {
		return v, nil
	}
	return m.base.Get(ctx, bucket, key)
}

// Pairs returns everything in a bucket whose key begins with prefix.
func (m *Memory) Pairs(ctx context.Context, bucket, prefix string) ([]Pair, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pairs(ctx, bucket, prefix)
}

func (m *Memory) pairs(ctx context.Context, bucket, prefix string) ([]Pair, error) {
	all := map[string][]byte{}
	if m.base != nil {
		below, err := m.base.Pairs(ctx, bucket, prefix)
		if err != nil {
			return nil, err
		}
		for _, p := range below {
			all[p.Key] = p.Value
		}
	}
	for k, v := range m.data.state[bucket] {
		if strings.HasPrefix(k, prefix) {
			all[k] = v
		}
	}
	var out []Pair
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if all[k] != nil {
			out = append(out, Pair{k, all[k]})
		}
	}
	return out, nil
}

// Acquire makes owner the only one who may write about a submission.
func (m *Memory) Acquire(ctx context.Context, id, owner string, now time.Time, ttl time.Duration) (Lease, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.adopt(ctx, id); err != nil {
		return Lease{}, err
	}
	s := m.data.rows[id]
	if s.Owner != "" && s.Owner != owner && now.Before(s.Expires) {
		return Lease{}, fmt.Errorf("submission %q: %w", id, ErrHeld)
	}
	s.Owner, s.Expires = owner, now.Add(ttl)
	s.Epoch++
	return Lease{ID: id, Owner: owner, Epoch: s.Epoch}, nil
}

// adopt takes over from the base what is written about a submission, since
// somebody is about to write about it.
func (m *Memory) adopt(ctx context.Context, id string) error {
	if m.data.rows[id] != nil {
		return nil
	}
	row, err := m.row(ctx, id)
	if err != nil {
		return err
	}
	journal, err := m.base.Journal(ctx, id)
	if err != nil {
		return err
	}
	kept, err := m.base.Kept(ctx, id)
	if err != nil {
		return err
	}
	for i := range journal {
		m.data.seen[seenKey(id, &journal[i])] = true
	}
	m.data.rows[id], m.data.journal[id], m.data.kept[id] = row, journal, kept
	m.data.order = append(m.data.order, id)
	return nil
}

// Release gives a lease back.
func (m *Memory) Release(ctx context.Context, l Lease) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.data.rows[l.ID]; s != nil && s.Epoch == l.Epoch {
		s.Owner, s.Expires = "", time.Time{}
	}
	return nil
}

// Holds returns ErrLostLease if the epoch is no longer that of l.
func (m *Memory) Holds(ctx context.Context, l Lease) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.holds(l)
}

func (m *Memory) holds(l Lease) error {
	if l.ID == "" {
		return nil
	}
	if s := m.data.rows[l.ID]; s == nil || s.Epoch != l.Epoch {
		return fmt.Errorf("submission %q: %w", l.ID, ErrLostLease)
	}
	return nil
}

// Write runs f in a transaction.
func (m *Memory) Write(ctx context.Context, l Lease, f func(LogTx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.holds(l); err != nil {
		return err
	}
	tx := &memoryTx{ctx: ctx, m: m, rows: map[string]*Submission{}, state: map[string]map[string][]byte{}}
	if err := f(tx); err != nil {
		return err
	}
	tx.apply()
	return nil
}
