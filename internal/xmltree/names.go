package xmltree

import (
	"iter"
	"sync"
	"sync/atomic"
)

// NameID is an expanded name as an integer. Positive ids come from a Names
// table and mean the same in each document parsed with it; negative ids belong
// to one document; 0 is no name.
type NameID int32

// Name is an expanded name: namespace (empty for none) and local part.
type Name struct{ Space, Local string }

// String formats n as {namespace}local.
func (n Name) String() string {
	if n.Space == "" {
		return n.Local
	}
	return "{" + n.Space + "}" + n.Local
}

// Names is a table of expanded names shared by compiled rules, schemas and
// documents. Its zero value is ready; it is safe for concurrent use. It only
// grows by Intern, which documents never call: a hostile document can't fill it.
type Names struct {
	mu   sync.Mutex
	ids  map[Name]NameID
	list []Name
	snap atomic.Pointer[names]
	size atomic.Int32
}

// names is an immutable view of a table.
type names struct {
	ids  map[Name]NameID
	list []Name // list[id-1]
}

// Intern returns the id of a name, adding it if it is new.
func (t *Names) Intern(space, local string) NameID {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := Name{space, local}
	if id, ok := t.ids[key]; ok {
		return id
	}
	if t.ids == nil {
		t.ids = map[Name]NameID{}
	}
	t.list = append(t.list, key)
	id := NameID(len(t.list))
	t.ids[key] = id
	t.size.Store(int32(id))
	return id
}

// Len returns the number of names in the table.
func (t *Names) Len() int { return int(t.size.Load()) }

var noNames = &names{}

// view returns the current content. It takes the lock only after the table has grown.
func (t *Names) view() *names {
	if t == nil {
		return noNames
	}
	if v := t.snap.Load(); v != nil && len(v.list) == t.Len() {
		return v
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	v := &names{ids: make(map[Name]NameID, len(t.ids)), list: t.list[:len(t.list):len(t.list)]}
	for k, id := range t.ids {
		v.ids[k] = id
	}
	t.snap.Store(v)
	return v
}

// NameOf returns the name behind an id of this document or of its table.
func (d *Document) NameOf(id NameID) Name {
	switch {
	case id > 0 && int(id) <= len(d.base.list):
		return d.base.list[id-1]
	case id < 0 && int(-id) <= len(d.own):
		return d.own[-id-1]
	}
	return Name{}
}

// Lookup returns the id that a name has in this document, 0 if no node can bear it.
func (d *Document) Lookup(space, local string) NameID {
	key := Name{space, local}
	if id, ok := d.base.ids[key]; ok {
		return id
	}
	return d.ownIDs[key]
}

// intern returns the id of a name for a node of this document.
func (d *Document) intern(key Name) NameID {
	if id, ok := d.base.ids[key]; ok {
		return id
	}
	if id, ok := d.ownIDs[key]; ok {
		return id
	}
	if d.ownIDs == nil {
		d.ownIDs = map[Name]NameID{}
	}
	d.own = append(d.own, key)
	id := NameID(-len(d.own))
	d.ownIDs[key] = id
	return id
}

// Sync renumbers the names of d after its table has grown, so that rules
// compiled later than d was parsed recognise its nodes. It reports whether
// anything changed. It must not run while others read d.
func (d *Document) Sync() bool {
	v := d.table.view()
	if len(v.list) == len(d.base.list) {
		return false
	}
	moved := make([]NameID, len(d.own))
	for i, n := range d.own {
		moved[i] = NameID(-i - 1)
		if id, ok := v.ids[n]; ok {
			moved[i] = id
			delete(d.ownIDs, n)
		}
	}
	d.base = v
	for i := range d.nodes {
		if id := d.nodes[i].name; id < 0 {
			d.nodes[i].name = moved[-id-1]
		}
	}
	d.index.Store(nil)
	return true
}

// NamesOf yields the ids that names with this local part have in this document, in any namespace.
func (d *Document) NamesOf(local string) iter.Seq[NameID] {
	return func(yield func(NameID) bool) {
		for i, n := range d.base.list {
			if n.Local == local && !yield(NameID(i+1)) {
				return
			}
		}
		for i, n := range d.own {
			if n.Local == local && !yield(NameID(-i-1)) {
				return
			}
		}
	}
}

// Prepared reports whether d was parsed with table t, and makes d know at least
// the first n names of it (see Sync).
func (d *Document) Prepared(t *Names, n int) bool {
	if d.table != t {
		return false
	}
	if len(d.base.list) < n {
		d.Sync()
	}
	return true
}

// Knows reports whether the nodes of d bear the ids of the first size names of t:
// d was parsed with t when it had them, or has been brought up to date by Sync.
func (d *Document) Knows(t *Names, size int) bool {
	return d.table == t && len(d.base.list) >= size
}
