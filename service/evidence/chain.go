// Package evidence proves years later what became of a submission: what was
// handed in, by which package and parameters it went, every request and answer,
// every result, and that nothing of it was changed or taken out since.
//
// Begin with Seal, which adds a submission that has ended to the chain of its
// legal entity, and Write, which puts everything about one into a bundle.
// Read judges a bundle without network, log or keys; Audit judges a whole log.
//
// It promises: one changed byte of a bundle is found, as is a link that is
// missing, doubled or out of order in a chain. Secrets are in no bundle:
// requests keep the slots they were stored with.
package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Rules of problems that this package raises.
const (
	RuleFormat   = "RUN-EVIDENCE-FORMAT"   // a file that is no bundle or no chain
	RuleChanged  = "RUN-EVIDENCE-CHANGED"  // bytes that are not those that were sealed
	RuleMissing  = "RUN-EVIDENCE-MISSING"  // something that was sealed is gone
	RuleExtra    = "RUN-EVIDENCE-EXTRA"    // something that was never sealed
	RuleChain    = "RUN-EVIDENCE-CHAIN"    // links that do not follow each other
	RuleUnsealed = "RUN-EVIDENCE-UNSEALED" // an ended submission that stands in no chain
)

// Link is one place in the chain of a legal entity in an environment.
type Link struct {
	Environment engine.Environment `json:"environment"`
	Entity      string             `json:"entity"`
	Number      int64              `json:"number"` // from 1, without gap
	Submission  string             `json:"submission"`
	At          time.Time          `json:"at"`       // when it was sealed, UTC
	Manifest    string             `json:"manifest"` // SHA-256 of the manifest
	Previous    string             `json:"previous"` // hash of the link before; empty for the first
	Hash        string             `json:"hash"`     // SHA-256 over all of the above
}

// sum is the hash of a link: over its fields, one a line, in this order. Lines
// cannot run into each other, since no field holds a line break.
func (l *Link) sum() string {
	text := strings.Join([]string{"fiscus-chain/1", string(l.Environment), l.Entity, fmt.Sprint(l.Number), l.Submission,
		l.At.UTC().Format(time.RFC3339Nano), l.Manifest, l.Previous, ""}, "\n")
	return digest([]byte(text))
}

// follows tells what is wrong with a link that comes after another one, nil
// for the first.
func (l *Link) follows(before *Link) error {
	number, hash := int64(1), ""
	if before != nil {
		number, hash = before.Number+1, before.Hash
	}
	switch {
	case l.Hash != l.sum():
		return problem(RuleChain, "link %d of %s: its hash is not that of what it says", l.Number, l.Entity)
	case l.Number != number:
		return problem(RuleChain, "link %d of %s follows link %d", l.Number, l.Entity, number-1)
	case l.Previous != hash:
		return problem(RuleChain, "link %d of %s does not hold on to the link before", l.Number, l.Entity)
	}
	return nil
}

// The buckets of a log in which chains are kept.
const (
	bucketLinks = "evidence.links" // environment, entity, number: a Link
	bucketHeads = "evidence.heads" // environment, entity: the last Link
	bucketOf    = "evidence.of"    // submission: its last Link
)

const between = "\x1f"

func chainKey(env engine.Environment, entity string) string { return string(env) + between + entity }

func linkKey(l *Link) string {
	return chainKey(l.Environment, l.Entity) + between + fmt.Sprintf("%015d", l.Number)
}

// Seal adds the submission to the chain of its legal entity if it has ended and
// stands otherwise than when it was last sealed. It returns its link; nil if it
// has not ended. Called again it changes nothing.
func Seal(ctx context.Context, log engine.Log, id, version string, now time.Time) (*Link, error) {
	m, err := manifestOf(ctx, log, id, version)
	if err != nil || m == nil {
		return nil, err
	}
	text, err := m.text()
	if err != nil {
		return nil, err
	}
	var out *Link
	err = log.Write(ctx, engine.Lease{}, func(tx engine.LogTx) error {
		out = &Link{Environment: m.Environment, Entity: m.Entity, Number: 1, Submission: id, At: now.UTC(), Manifest: digest(text)}
		var last, head Link
		if found, err := get(tx, bucketOf, id, &last); err != nil {
			return err
		} else if found && last.Manifest == out.Manifest {
			out = &last
			return nil
		}
		if found, err := get(tx, bucketHeads, chainKey(m.Environment, m.Entity), &head); err != nil {
			return err
		} else if found {
			out.Number, out.Previous = head.Number+1, head.Hash
		}
		out.Hash = out.sum()
		if _, err := tx.Blob(text); err != nil {
			return err
		}
		return errors.Join(set(tx, bucketLinks, linkKey(out), out), set(tx, bucketHeads, chainKey(m.Environment, m.Entity), out), set(tx, bucketOf, id, out))
	})
	return out, err
}

// Chain returns the links of a legal entity in their order.
func Chain(ctx context.Context, log engine.Log, env engine.Environment, entity string) ([]Link, error) {
	pairs, err := log.Pairs(ctx, bucketLinks, chainKey(env, entity)+between)
	if err != nil {
		return nil, err
	}
	out := make([]Link, len(pairs))
	for i, p := range pairs {
		if err := json.Unmarshal(p.Value, &out[i]); err != nil {
			return nil, problem(RuleFormat, "link %q: %v", p.Key, err)
		}
	}
	return out, nil
}

func get(tx engine.LogTx, bucket, key string, into any) (bool, error) {
	data, err := tx.Get(bucket, key)
	if err != nil || data == nil {
		return false, err
	}
	return true, json.Unmarshal(data, into)
}

func set(tx engine.LogTx, bucket, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.Set(bucket, key, data)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func problem(rule, format string, args ...any) error {
	return diag.Problem{Rule: rule, Message: fmt.Sprintf(format, args...)}
}
