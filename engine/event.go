package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// EventRoute is the event an item is. It is taken by the step that waits for
// one of its keys, or kept until one does.
type EventRoute struct {
	Name string
	Key  *formula.Value
	Or   *formula.Value // nil: none
}

// BucketEvent holds, by environment, package, event and key, the items that
// are kept and the submissions that wait.
const BucketEvent = "event"

// RuleNobody says that an event was kept as long as its channel says and
// nobody waited for it.
const RuleNobody = "RUN-ITEM-NOBODY"

// DefaultKeep is how long an event waits for its step, and a step for its
// event, where nothing else is said.
const DefaultKeep = 30 * 24 * time.Hour

// eventRow is what is known under one key of an event.
type eventRow struct {
	Items []string `json:"items,omitempty"` // keys in BucketItem; the item says whether it is still kept
	Waits []string `json:"waits,omitempty"` // submissions to wake
}

func eventRowOf(data []byte, err error) (eventRow, error) {
	var row eventRow
	if err == nil && data != nil {
		err = json.Unmarshal(data, &row)
	}
	return row, err
}

func (row *eventRow) set(tx LogTx, key string) error {
	data, err := json.Marshal(row)
	if err != nil {
		return err
	}
	return tx.Set(BucketEvent, key, data)
}

// eventKeys works out the keys of an event that are there.
func eventKeys(s *formula.Scope, env Environment, pkg, name string, values ...*formula.Value) ([]string, error) {
	var keys []string
	for _, v := range values {
		if v == nil {
			continue
		}
		x, err := v.Eval(s)
		if err != nil {
			return nil, err
		}
		text, err := formula.FormatText(x)
		if x == nil || err != nil || text == "" {
			continue
		}
		if key := itemKey(env, pkg, name, text); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// event keeps the item for the step that waits for it, and wakes those that do.
func (t *taking) event(route *ChannelRoute) error {
	keys, err := eventKeys(t.scope, t.env, t.pkg.Family(), route.Event.Name, route.Event.Key, route.Event.Or)
	if err == nil && len(keys) == 0 {
		err = diag.Problem{Pos: route.Pos, Rule: RuleRoute, Message: fmt.Sprintf("the item has no key of event %q", route.Event.Name)}
	}
	if err != nil {
		return err
	}
	t.item.Status, t.item.Rule, t.item.Reason, t.item.Hint = ItemKept, "", "", ""
	t.item.At = t.e.now()
	own := itemKey(t.env, t.pkg.Family(), t.ch.Name, t.item.Key)
	err = t.write(func(tx LogTx) error {
		for _, key := range keys {
			row, err := eventRowOf(tx.Get(BucketEvent, key))
			if err != nil {
				return err
			}
			if !slices.Contains(row.Items, own) {
				row.Items = append(row.Items, own)
			}
			waits := row.Waits
			row.Waits = nil
			if err := row.set(tx, key); err != nil {
				return err
			}
			if err := t.wake(tx, waits); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return &logError{err}
	}
	return nil
}

// wake lets submissions that wait go on now.
func (t *taking) wake(tx LogTx, ids []string) error {
	for _, id := range ids {
		sub, err := tx.Submission(id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if now := t.e.now(); sub.Run == RunWaiting && sub.Until.After(now) {
			sub.Until = now
			if err := tx.Update(sub); err != nil {
				return err
			}
		}
	}
	return nil
}

// overdue reports a kept item whose time is over as parked: nobody waited.
func (i Item) overdue(ch *Channel, now time.Time) Item {
	keep := ch.Keep
	if keep == 0 {
		keep = DefaultKeep
	}
	if i.Status == ItemKept && now.Sub(i.At) > keep {
		i.Status, i.Rule, i.Reason = ItemParked, RuleNobody, "nobody waited for it"
		i.Hint = "look for the document it is about; the item can be sent through again"
	}
	return i
}

// kept returns the first item kept under one of the keys.
func (e *Engine) kept(ctx context.Context, keys []string) (at string, first *Item, err error) {
	for _, key := range keys {
		row, err := eventRowOf(e.hands.Log.Get(ctx, BucketEvent, key))
		if err != nil {
			return "", nil, err
		}
		for _, k := range row.Items {
			i, err := e.item(ctx, k)
			if err != nil {
				return "", nil, err
			}
			if i != nil && i.Status == ItemKept && (first == nil || i.At.Before(first.At)) {
				at, first = k, i
			}
		}
	}
	return at, first, nil
}

// takeKept makes a kept item one that the submission has taken.
func takeKept(tx LogTx, key, submission string) (bool, error) {
	data, err := tx.Get(BucketItem, key)
	if err != nil || data == nil {
		return false, err
	}
	var i Item
	if err := json.Unmarshal(data, &i); err != nil || i.Status != ItemKept {
		return false, err
	}
	i.Status, i.Submission = ItemDone, submission
	if data, err = json.Marshal(&i); err != nil {
		return false, err
	}
	return true, tx.Set(BucketItem, key, data)
}

// register notes that the submission is to be woken, in the transaction in
// which it begins to wait. What came since the step looked wakes it at once.
func (r *run) register(tx LogTx, sub *Submission, keys []string) error {
	for _, key := range keys {
		row, err := eventRowOf(tx.Get(BucketEvent, key))
		if err != nil {
			return err
		}
		live := row.Items[:0]
		for _, k := range row.Items {
			data, err := tx.Get(BucketItem, k)
			if err != nil {
				return err
			}
			var i Item
			if json.Unmarshal(data, &i) == nil && i.Status == ItemKept {
				live = append(live, k)
				sub.Until = r.e.now()
			}
		}
		if row.Items = live; !slices.Contains(row.Waits, sub.ID) {
			row.Waits = append(row.Waits, sub.ID)
		}
		if err := row.set(tx, key); err != nil {
			return err
		}
	}
	return nil
}
