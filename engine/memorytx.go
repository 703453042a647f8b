package engine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

type memoryTx struct {
	ctx     context.Context
	m       *Memory
	rows    map[string]*Submission
	entries []memoryEntry
	kept    []memoryKept
	blobs   [][]byte
	state   map[string]map[string][]byte
}

type memoryEntry struct {
	id string
	Entry
}

type memoryKept struct {
	id string
	Kept
}

func seenKey(id string, e *Entry) string { return id + "\x00" + e.Path + "\x00" + string(e.Kind) }

func (t *memoryTx) Append(id string, e Entry) error {
	taken := t.m.data.seen[seenKey(id, &e)]
	for i := range t.entries {
		taken = taken || t.entries[i].id == id && t.entries[i].Path == e.Path && t.entries[i].Kind == e.Kind
	}
	if taken {
		return fmt.Errorf("entry %s of %q: %w", e.Kind, e.Path, ErrExists)
	}
	t.entries = append(t.entries, memoryEntry{id, e})
	return nil
}

func (t *memoryTx) Keep(id string, k Kept) error {
	t.kept = append(t.kept, memoryKept{id, k})
	return nil
}

func (t *memoryTx) Blob(data []byte) (string, error) {
	t.blobs = append(t.blobs, data)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

func (t *memoryTx) Submission(id string) (*Submission, error) {
	if s := t.rows[id]; s != nil {
		c := *s
		return &c, nil
	}
	return t.m.row(t.ctx, id)
}

func (t *memoryTx) Update(s *Submission) error {
	c := *s
	t.rows[s.ID] = &c
	return nil
}

func (t *memoryTx) Get(bucket, key string) ([]byte, error) {
	if v, ok := t.state[bucket][key]; ok {
		return v, nil
	}
	return t.m.get(t.ctx, bucket, key)
}

func (t *memoryTx) Set(bucket, key string, value []byte) error {
	if t.state[bucket] == nil {
		t.state[bucket] = map[string][]byte{}
	}
	t.state[bucket][key] = value
	return nil
}

func (t *memoryTx) Pairs(bucket, prefix string) ([]Pair, error) {
	all, err := t.m.pairs(t.ctx, bucket, prefix)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(p Pair) bool { _, over := t.state[bucket][p.Key]; return over })
	for k, v := range t.state[bucket] {
		if v != nil && strings.HasPrefix(k, prefix) {
			all = append(all, Pair{k, v})
		}
	}
	slices.SortFunc(all, func(a, b Pair) int { return cmp.Compare(a.Key, b.Key) })
	return all, nil
}

func (t *memoryTx) apply() {
	d := &t.m.data
	for id, s := range t.rows {
		if old := d.rows[id]; old != nil {
			s.Epoch, s.Owner, s.Expires = old.Epoch, old.Owner, old.Expires
		} else {
			d.order = append(d.order, id)
		}
		d.rows[id] = s
	}
	for _, e := range t.entries {
		e.Seq = 1
		if n := len(d.journal[e.id]); n > 0 {
			e.Seq = d.journal[e.id][n-1].Seq + 1
		}
		d.journal[e.id] = append(d.journal[e.id], e.Entry)
		d.seen[seenKey(e.id, &e.Entry)] = true
	}
	for _, k := range t.kept {
		list := slices.DeleteFunc(d.kept[k.id], func(o Kept) bool { return o.Name == k.Name })
		d.kept[k.id] = append(list, k.Kept)
	}
	for _, b := range t.blobs {
		d.blob(b)
	}
	for bucket, pairs := range t.state {
		if d.state[bucket] == nil {
			d.state[bucket] = map[string][]byte{}
		}
		maps.Copy(d.state[bucket], pairs)
	}
}
