package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/reading"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// The rule ids of what comes in.
const (
	RuleSize     = "RUN-ITEM-SIZE"     // an item is larger than its channel takes, or empty
	RuleRoute    = "RUN-ITEM-ROUTE"    // no route is for an item
	RuleEntity   = "RUN-ITEM-ENTITY"   // nobody is found an item belongs to
	RuleAbout    = "RUN-ITEM-ABOUT"    // the document an item speaks of is not known
	RuleTwice    = "RUN-ITEM-TWICE"    // the document of an item came in another one before
	RuleDeployed = "RUN-ITEM-DEPLOYED" // the package is not deployed for the legal entity of an item
)

// The buckets of what comes in.
const (
	BucketItem     = "item"     // by channel and identity: what became of an item
	BucketReceived = "received" // by channel and document: the item it came in
	BucketSource   = "source"   // by submission: the item it was made of
	BucketField    = "field"    // by environment, package, field and value: the submission that published it
)

// ItemStatus is what became of an item.
type ItemStatus string

// The statuses of items.
const (
	ItemDone      ItemStatus = "done"      // taken: a submission is made of it
	ItemDuplicate ItemStatus = "duplicate" // it came before; nothing was done
	ItemKept      ItemStatus = "kept"      // an event that waits for its step
	ItemParked    ItemStatus = "parked"    // a person has to look; it can be sent through again
)

// SourceResult is the name under which an item is kept with its submission.
const SourceResult = "source"

// Incoming is one thing that came in.
type Incoming struct {
	Name  string // of the file or message, for people
	Bytes []byte
}

// Item is what is known of a thing that came in.
type Item struct {
	Package    string     `json:"package"`
	Channel    string     `json:"channel"`
	Key        string     `json:"key"` // identity
	Name       string     `json:"name"`
	Blob       string     `json:"blob"` // SHA-256 of its bytes in the log
	At         time.Time  `json:"at"`   // when it came first
	Status     ItemStatus `json:"status"`
	Submission string     `json:"submission,omitempty"`
	Rule       string     `json:"rule,omitempty"` // why it is parked
	Reason     string     `json:"reason,omitempty"`
	Hint       string     `json:"hint,omitempty"`
}

// itemKey is the key of an item in its bucket; the identity comes last.
func itemKey(env Environment, pkg, channel, identity string) string {
	return strings.Join([]string{string(env), pkg, channel, identity}, "\x1f")
}

// Take takes a thing that came in through a channel: it reads it, finds whose
// it is, and makes a submission of it, once however often it is called. What
// cannot be taken is parked with its reason and can be given again. An error
// means that nothing is known of the item: it has to come again.
func (e *Engine) Take(ctx context.Context, pkg *Package, ch *Channel, env Environment, in Incoming) (*Item, error) {
	t := &taking{e: e, ctx: ctx, pkg: pkg, ch: ch, env: env, in: in}
	sum := sha256.Sum256(in.Bytes)
	t.item = Item{Package: pkg.ID, Channel: ch.Name, Name: in.Name, Blob: hex.EncodeToString(sum[:]), At: e.now()}
	t.item.Key = t.item.Blob
	if err := t.sized(); err != nil {
		return t.park(err)
	}
	t.scopes()
	if ch.Identify != nil {
		v, err := t.value(ch.Identify)
		if err != nil || v == "" {
			return t.park(orElse(err, diag.Problem{Pos: ch.Identify.Pos(), Rule: RuleRoute, Message: "the item has no identity"}))
		}
		t.item.Key = v
	}
	old, err := e.item(ctx, itemKey(env, pkg.Family(), ch.Name, t.item.Key))
	if err != nil {
		return nil, err
	}
	if old != nil {
		t.item.At = old.At
		if seen := old.overdue(ch, e.now()).Status; seen == ItemDone || seen == ItemKept {
			return t.again(old)
		}
	}
	if err := t.route(); err != nil {
		var fatal *logError
		if errors.As(err, &fatal) {
			return nil, fatal.err
		}
		return t.park(err)
	}
	return &t.item, nil
}

// Items returns what came in through a channel and what became of it, in the
// order of identities.
func (e *Engine) Items(ctx context.Context, pkg *Package, ch *Channel, env Environment) ([]Item, error) {
	pairs, err := e.hands.Log.Pairs(ctx, BucketItem, itemKey(env, pkg.Family(), ch.Name, ""))
	if err != nil {
		return nil, err
	}
	out := make([]Item, len(pairs))
	for i, p := range pairs {
		if err := json.Unmarshal(p.Value, &out[i]); err != nil {
			return nil, err
		}
		out[i] = out[i].overdue(ch, e.now())
	}
	return out, nil
}

// TakeAgain gives a parked item to its channel once more, after what was wrong
// has been set right.
func (e *Engine) TakeAgain(ctx context.Context, pkg *Package, ch *Channel, env Environment, i Item) (*Item, error) {
	if i.Status != ItemParked {
		return &i, nil
	}
	data, err := e.hands.Log.Blob(ctx, i.Blob)
	if err != nil {
		return nil, err
	}
	return e.Take(ctx, pkg, ch, env, Incoming{Name: i.Name, Bytes: data})
}

func (e *Engine) item(ctx context.Context, key string) (*Item, error) {
	data, err := e.hands.Log.Get(ctx, BucketItem, key)
	if err != nil || data == nil {
		return nil, err
	}
	var i Item
	return &i, json.Unmarshal(data, &i)
}

// logError is an error of the log: nothing may be concluded from it.
type logError struct{ err error }

func (l *logError) Error() string { return l.err.Error() }

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// taking is one Take under way.
type taking struct {
	e    *Engine
	ctx  context.Context
	pkg  *Package
	ch   *Channel
	env  Environment
	in   Incoming
	item Item

	received string // key of the document among those received

	base  *formula.Scope // without the document
	scope *formula.Scope
	read  *reading.Result
	fault error // of reading
}

// DefaultItem is how many bytes an item may have where its channel says nothing.
const DefaultItem = 32 << 20

func (t *taking) sized() error {
	limit := t.ch.Size
	if limit == 0 {
		limit = DefaultItem
	}
	switch n := int64(len(t.in.Bytes)); {
	case n == 0:
		return diag.Problem{Rule: RuleSize, Message: "the item is empty"}
	case n > limit:
		return diag.Problem{Rule: RuleSize, Message: fmt.Sprintf("the item has %d bytes, the channel takes %d", n, limit)}
	}
	return nil
}

// scopes makes what the formulas of the channel see: item, and document, which
// is read when it is first asked for.
func (t *taking) scopes() {
	t.base = t.e.cat.Outside(t.pkg, Outside{Environment: t.env, Keys: t.e.hands.Keys, Context: map[string]any{"channel": t.ch.Name, "name": t.in.Name}})
	t.scope = t.base.WithHost(reader(t.base.Host(), &itemResponse{t: t}))
	t.scope.Set("item", t.in.record())
	t.scope.SetLazy("document", func(*formula.Scope) (any, error) {
		r, err := t.reading()
		if err != nil {
			return nil, err
		}
		return r.Values, nil
	})
}

// record is an item as formulas see it.
func (in Incoming) record() map[string]any {
	return map[string]any{"bytes": in.Bytes, "body": in.Bytes, "name": in.Name}
}

// itemResponse offers the item to one-argument functions.
type itemResponse struct {
	t    *taking
	tree formula.Node
}

// Tree returns the item as a tree; nil if it is none.
func (r *itemResponse) Tree() (formula.Node, error) {
	if r.tree == nil {
		if f := reading.Sniff(r.t.in.Bytes); f == reading.XML || f == reading.JSON {
			n, err := formula.ParseTree(r.t.in.Bytes, string(f))
			if err != nil {
				return nil, reading.Syntax(r.t.in.Name, err)
			}
			r.tree = n
		}
	}
	return r.tree, nil
}

// Header knows no header.
func (*itemResponse) Header(string) (string, bool) { return "", false }

// reading reads the document of the item, once.
func (t *taking) reading() (*reading.Result, error) {
	if t.read == nil && t.fault == nil {
		t.read, _, t.fault = reading.First(t.ch.Readings, t.in.Name, t.in.Bytes, t.base, nil, t.e.reader)
	}
	return t.read, t.fault
}

// value works out a text.
func (t *taking) value(v *formula.Value) (string, error) {
	x, err := v.Eval(t.scope)
	if err != nil || x == nil {
		return "", err
	}
	return formula.FormatText(x)
}

// route finds what is to be done with the item and does it.
func (t *taking) route() error {
	for i := range t.ch.Routes {
		r := &t.ch.Routes[i]
		if r.When != nil {
			on, _, err := r.When.EvalBool(t.scope)
			if err != nil {
				return err
			}
			if !on {
				continue
			}
		}
		if r.Submit {
			return t.submit()
		}
		if r.Event != nil {
			return t.event(r)
		}
		flow := t.pkg.Flow(r.Flow)
		if flow.Kind == Event {
			return t.news(r, flow)
		}
		return t.inbound(flow)
	}
	return diag.Problem{Pos: t.ch.Pos, Rule: RuleRoute, Message: "no route of the channel is for this item"}
}

// entity finds the legal entity the item belongs to.
func (t *taking) entity() (string, error) {
	nobody := diag.Problem{Rule: RuleEntity, Message: "no legal entity is found that this document belongs to", Hint: "set the legal entity up, or correct what the channel finds it by; then send the item through again"}
	if t.ch.Entity == nil {
		return "", nobody
	}
	v, err := t.ch.Entity.Eval(t.scope)
	if err != nil {
		return "", err
	}
	id, _ := v.(string)
	if m, ok := v.(map[string]any); ok {
		id, _ = m["id"].(string)
	}
	if t.e.cat.entities[id] == nil {
		return "", nobody
	}
	return id, nil
}

// submission returns the id that a submission made of this item has.
func (t *taking) submission() string {
	sum := sha256.Sum256([]byte(itemKey(t.env, t.pkg.Family(), t.ch.Name, t.item.Key)))
	return "in-" + hex.EncodeToString(sum[:12])
}

// submit hands the document over for selection.
func (t *taking) submit() error {
	r, err := t.reading()
	if err != nil {
		return err
	}
	entity, err := t.entity()
	if err != nil {
		return err
	}
	if err := t.fresh(); err != nil {
		return err
	}
	sub, err := t.e.Submit(t.ctx, &Request{ID: t.submission(), Document: r.JSON, File: t.in.Name, Entity: entity, Environment: t.env, Channel: t.ch.Name})
	if err != nil {
		return taken(err)
	}
	return t.done(sub.ID)
}

// taken tells a problem of the document from an error of the log.
func taken(err error) error {
	var list diag.List
	var p diag.Problem
	if errors.As(err, &list) || errors.As(err, &p) {
		return err
	}
	return &logError{err}
}

// source keeps where a submission came from, before there is one: whoever runs
// it finds it.
func (t *taking) source(id string) error {
	data, err := json.Marshal(itemSource{t.in.Name, t.item.Blob})
	if err != nil {
		return err
	}
	return t.e.hands.Log.Write(t.ctx, Lease{}, func(tx LogTx) error {
		if _, err := tx.Blob(t.in.Bytes); err != nil {
			return err
		}
		return tx.Set(BucketSource, id, data)
	})
}

// itemSource is the item a submission was made of.
type itemSource struct {
	Name string `json:"name"`
	Blob string `json:"blob"`
}

// arrived returns the item the submission was made of; nil if it was handed
// over otherwise.
func (r *run) arrived() (*Incoming, error) {
	if r.item != nil || r.sub.Channel == "" {
		return r.item, nil
	}
	data, err := r.e.hands.Log.Get(r.ctx, BucketSource, r.sub.ID)
	if err != nil || data == nil {
		return nil, err
	}
	var s itemSource
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, err
	}
	b, err := r.e.hands.Log.Blob(r.ctx, s.Blob)
	if err != nil {
		return nil, err
	}
	r.item = &Incoming{Name: s.Name, Bytes: b}
	return r.item, nil
}

// done notes that a submission was made of the item.
func (t *taking) done(id string) error { return t.finished(id, nil) }

func (t *taking) finished(id string, source *Kept) error {
	t.item.Status, t.item.Submission, t.item.Rule, t.item.Reason, t.item.Hint = ItemDone, id, "", "", ""
	err := t.write(func(tx LogTx) error {
		if t.received != "" {
			if err := tx.Set(BucketReceived, t.received, []byte(t.item.Key)); err != nil {
				return err
			}
		}
		if source == nil {
			return nil
		}
		return tx.Keep(id, *source)
	})
	if err != nil {
		return &logError{err}
	}
	return nil
}

// write writes the item, its bytes, and what f adds, in one transaction.
func (t *taking) write(f func(LogTx) error) error {
	data, err := json.Marshal(&t.item)
	if err != nil {
		return err
	}
	return t.e.hands.Log.Write(t.ctx, Lease{}, func(tx LogTx) error {
		if _, err := tx.Blob(t.in.Bytes); err != nil {
			return err
		}
		if err := tx.Set(BucketItem, itemKey(t.env, t.pkg.Family(), t.ch.Name, t.item.Key), data); err != nil {
			return err
		}
		if f == nil {
			return nil
		}
		return f(tx)
	})
}

// again answers an item that was taken before.
func (t *taking) again(old *Item) (*Item, error) {
	i := *old
	i.Status, i.Rule = ItemDuplicate, RuleTwice
	i.Reason = "the same item was taken before"
	return &i, nil
}

// park keeps the item for a person, with the reason; a duplicate of a document
// is dropped where the channel says so.
func (t *taking) park(reason error) (*Item, error) {
	list := problems(reason, RuleRoute)
	p := list[0]
	t.item.Status, t.item.Rule, t.item.Reason, t.item.Hint = ItemParked, p.Rule, p.Error(), p.Hint
	if p.Rule == RuleTwice && t.ch.Twice.Document == "drop" {
		t.item.Status = ItemDuplicate
	}
	if len(t.in.Bytes) == 0 {
		return &t.item, nil // there is nothing to keep
	}
	if err := t.write(nil); err != nil {
		return nil, err
	}
	return &t.item, nil
}

// serves reports whether a package is deployed for a legal entity.
func (c *Catalog) serves(pkg *Package, env Environment, entity string) bool {
	for _, d := range c.deployed(env, entity) {
		for _, u := range d.uses {
			if u.Package == pkg.ID {
				return true
			}
		}
	}
	return false
}
