package engine

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// inbound starts a flow with the document that came in.
func (t *taking) inbound(flow *Flow) error {
	r, err := t.reading()
	if err != nil {
		return err
	}
	entity, err := t.entity()
	if err != nil {
		return err
	}
	if !t.e.cat.serves(t.pkg, t.env, entity) {
		return diag.Problem{Rule: RuleDeployed, Message: fmt.Sprintf("package %s is not deployed for legal entity %q in environment %s", t.pkg.ID, entity, t.env)}
	}
	if err := t.fresh(); err != nil {
		return err
	}
	return t.start(&Submission{Entity: entity, Flow: flow.Name, Kind: flow.Kind, Input: r.JSON, DocumentType: r.Document.Schema, DocumentID: documentID(r.Document)})
}

// news starts an event flow about a document that is known.
func (t *taking) news(route *ChannelRoute, flow *Flow) error {
	var found *Submission
	for _, l := range route.About {
		v, err := l.Value.Eval(t.scope)
		if err != nil {
			return err
		}
		text, err := formula.FormatText(v)
		if v == nil || err != nil {
			continue
		}
		id, err := t.e.hands.Log.Get(t.ctx, BucketField, fieldKey(t.env, t.pkg.Family(), l.Name, text))
		if err != nil {
			return &logError{err}
		}
		if id != nil {
			if found, err = t.e.hands.Log.Submission(t.ctx, string(id)); err != nil {
				return &logError{err}
			}
			break
		}
	}
	if found == nil || flow.About != nil && flow.About.fits(found) != True {
		return diag.Problem{Pos: route.Pos, Rule: RuleAbout, Message: "the document this item speaks of is not known, or is not in a status the news can be about",
			Hint: "it is tried again with the next items; if the document was sent otherwise, answer the item by hand"}
	}
	return t.start(&Submission{Entity: found.Entity, Flow: flow.Name, Kind: flow.Kind, Original: found.ID})
}

// fieldKey is where a published field is found again.
func fieldKey(env Environment, pkg, field, value string) string {
	return strings.Join([]string{string(env), pkg, field, value}, "\x1f")
}

// fresh refuses a document that came in another item before.
func (t *taking) fresh() error {
	if t.ch.Document == nil {
		return nil
	}
	text, err := t.value(t.ch.Document)
	if err != nil {
		return err
	}
	key := itemKey(t.env, t.pkg.Family(), t.ch.Name, text)
	before, err := t.e.hands.Log.Get(t.ctx, BucketReceived, key)
	if err != nil {
		return &logError{err}
	}
	if before != nil && string(before) != t.item.Key {
		return diag.Problem{Rule: RuleTwice, Message: "the same document came in another item before: " + text,
			Hint: "compare both; if this one is to count, the sender has to give it another number"}
	}
	t.received = key
	return nil
}

// start writes the submission, with the item as its source.
func (t *taking) start(s *Submission) error {
	now := t.e.now()
	s.ID, s.Environment, s.Channel = t.submission(), t.env, t.ch.Name
	s.Package, s.Version, s.Digest = t.pkg.ID, t.pkg.Version, t.pkg.Digest
	s.Accepted, s.Changed, s.Run, s.Status = now, now, RunScheduled, DocNone
	kept := Kept{Name: SourceResult, File: path.Base("/" + t.in.Name), SHA256: t.item.Blob, Size: len(t.in.Bytes), At: now}
	kept.MediaType = mediaType(kept.File, t.in.Bytes)
	if err := t.source(s.ID); err != nil {
		return &logError{err}
	}
	if err := t.e.hands.Log.Create(t.ctx, s); err != nil && !errors.Is(err, ErrExists) {
		return &logError{err}
	}
	return t.finished(s.ID, &kept)
}
