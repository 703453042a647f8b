package evidence

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/fiscus-project/fiscus/engine"
)

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// Account is what an audit found in the chain of one legal entity.
type Account struct {
	Environment engine.Environment `json:"environment"`
	Entity      string             `json:"entity"`
	Links       int                `json:"links"`
	Submissions int                `json:"submissions"`
	Bytes       int64              `json:"bytes"` // that were read and found as sealed
	Head        string             `json:"head"`  // hash of the last link
}

// Audit judges everything that was sealed in a log: the chains, each manifest,
// and all bytes they name. Submissions that have ended and stand in no chain
// are told too. tell may be nil; it is called after each link.
func Audit(ctx context.Context, log engine.Log, tell func(done int)) ([]Account, error) {
	pairs, err := log.Pairs(ctx, bucketLinks, "")
	if err != nil {
		return nil, err
	}
	a := &audit{ctx: ctx, log: log, sealed: map[string]*Link{}, checked: map[string]bool{}}
	var last *Link
	for i, p := range pairs {
		l := &Link{}
		if err := json.Unmarshal(p.Value, l); err != nil {
			return nil, problem(RuleFormat, "link %q: %v", p.Key, err)
		}
		if last == nil || chainKey(l.Environment, l.Entity) != chainKey(last.Environment, last.Entity) {
			a.end(last)
			last = nil
			a.accounts = append(a.accounts, Account{Environment: l.Environment, Entity: l.Entity})
		}
		a.add(l.follows(last))
		a.link(l)
		last = l
		if tell != nil {
			tell(i + 1)
		}
		if err := ctx.Err(); err != nil {
			return a.accounts, err
		}
	}
	a.end(last)
	a.add(a.rest())
	return a.accounts, errors.Join(a.errs...)
}

type audit struct {
	ctx      context.Context
	log      engine.Log
	accounts []Account
	sealed   map[string]*Link // last link of each submission
	checked  map[string]bool  // digests of bytes that were read already
	errs     []error
}

func (a *audit) add(err error) {
	if err != nil {
		a.errs = append(a.errs, err)
	}
}

// link judges the manifest of a link and the bytes it names.
func (a *audit) link(l *Link) {
	acc := &a.accounts[len(a.accounts)-1]
	acc.Links, acc.Head = acc.Links+1, l.Hash
	if a.sealed[l.Submission] == nil {
		acc.Submissions++
	}
	a.sealed[l.Submission] = l
	text, ok := a.bytes(l, l.Manifest)
	if !ok {
		return
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		a.add(problem(RuleFormat, "manifest of %s: %v", l.Submission, err))
		return
	}
	for _, sum := range m.digests() {
		a.bytes(l, sum)
	}
}

// bytes reads what was sealed under a digest, and counts it.
func (a *audit) bytes(l *Link, sum string) ([]byte, bool) {
	data, err := a.log.Blob(a.ctx, sum)
	switch {
	case err != nil:
		a.add(problem(RuleMissing, "submission %s: bytes %s: %v", l.Submission, sum, err))
	case digest(data) != sum:
		a.add(problem(RuleChanged, "submission %s: the log holds other bytes than %s", l.Submission, sum))
	default:
		if !a.checked[sum] {
			a.checked[sum] = true
			a.accounts[len(a.accounts)-1].Bytes += int64(len(data))
		}
		return data, true
	}
	return nil, false
}

// end compares the last link of a chain with the head that the log keeps: links
// cut off at the end of a chain leave a sound chain behind.
func (a *audit) end(l *Link) {
	if l == nil {
		return
	}
	data, err := a.log.Get(a.ctx, bucketHeads, chainKey(l.Environment, l.Entity))
	var head Link
	if err == nil && data != nil {
		err = json.Unmarshal(data, &head)
	}
	if err != nil || head.Hash != l.Hash {
		a.add(problem(RuleChain, "the chain of %s ends with link %d; its head says %d", l.Entity, l.Number, head.Number))
	}
}

// rest compares what stands in the log with what was sealed last.
func (a *audit) rest() error {
	all, err := a.log.Find(a.ctx, engine.Query{Run: []engine.RunStatus{engine.RunCompleted, engine.RunFailed, engine.RunCanceled}})
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range all {
		l := a.sealed[s.ID]
		if l == nil {
			errs = append(errs, problem(RuleUnsealed, "submission %s has ended and stands in no chain", s.ID))
			continue
		}
		delete(a.sealed, s.ID)
		text, err := a.log.Blob(a.ctx, l.Manifest)
		if err != nil {
			continue // told already
		}
		var was Manifest
		if err := json.Unmarshal(text, &was); err != nil {
			continue
		}
		now, err := manifestOf(a.ctx, a.log, s.ID, was.Engine)
		if err != nil {
			return err
		}
		if text, err = now.text(); err == nil && digest(text) != l.Manifest {
			errs = append(errs, problem(RuleChanged, "submission %s stands in the log otherwise than it was sealed", s.ID))
		}
	}
	for _, id := range sorted(a.sealed) {
		if s, err := a.log.Submission(a.ctx, id); errors.Is(err, engine.ErrNotFound) {
			errs = append(errs, problem(RuleMissing, "submission %s was sealed and is gone", id))
		} else if err == nil && ended(s.Run) {
			errs = append(errs, problem(RuleChain, "submission %s was sealed and is not found among those that ended", id))
		}
	}
	return errors.Join(errs...)
}

// Follows judges links of bundles that are said to be the whole chain of a
// legal entity, or a stretch of it: sorted by number, each holds on to the one
// before. It returns how many numbers are missing between them.
func Follows(links []Link) (missing int64, err error) {
	links = slices.Clone(links)
	slices.SortFunc(links, func(a, b Link) int { return cmp.Compare(a.Number, b.Number) })
	var errs []error
	for i := range links {
		l := &links[i]
		if i == 0 {
			continue
		}
		before := &links[i-1]
		switch {
		case l.Number == before.Number && l.Hash != before.Hash:
			errs = append(errs, problem(RuleChain, "two different links have number %d of %s", l.Number, l.Entity))
		case l.Number == before.Number+1 && l.Previous != before.Hash:
			errs = append(errs, problem(RuleChain, "link %d of %s does not hold on to link %d", l.Number, l.Entity, before.Number))
		case l.Number > before.Number+1:
			missing += l.Number - before.Number - 1
		}
	}
	return missing, errors.Join(errs...)
}
