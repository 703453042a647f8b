package life

import (
	"cmp"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Complete fixes the digest of a package. A record there was before must be a
// draft.
func Complete(p *engine.Package, before *Record, notes string) (*Record, error) {
	r := &Record{Package: p.ID, Version: p.Version, Digest: p.Digest, State: Completed, Notes: notes}
	if before == nil {
		return r, nil
	}
	r.Replaces, r.Notes = before.Replaces, cmp.Or(notes, before.Notes)
	return r, before.may(Completed)
}

// Publish lets a completed release be used in production, from the days given.
// What it replaces must be an earlier version.
func (r *Record) Publish(test, production civil.Date, replaces string) (*Record, error) {
	out := *r
	out.State, out.Test, out.Production, out.Replaces = Published, test, production, cmp.Or(replaces, r.Replaces)
	if out.Replaces != "" && engine.CompareVersions(out.Replaces, out.Version) >= 0 {
		return nil, diag.Problem{Rule: RuleState, Message: "version " + out.Version + " is not later than " + out.Replaces + ", which it would replace"}
	}
	return &out, r.may(Published)
}

// Retire withdraws a release.
func (r *Record) Retire(by string) (*Record, error) {
	out := *r
	out.State, out.ReplacedBy = Retired, by
	return &out, r.may(Retired)
}

// may reports whether a release may go on to a state: one step at a time, and
// never back.
func (r *Record) may(to State) error {
	next := map[State]State{Draft: Completed, Completed: Published, Published: Retired}
	if next[r.State] != to {
		return diag.Problem{Rule: RuleState, Message: "release " + r.Package + "@" + r.Version + " is " + string(r.State) + " and can't become " + string(to),
			Hint: "the order is draft, completed, published, retired"}
	}
	return nil
}

// From returns the first day on which a release is in force.
func (r *Record) From(env engine.Environment) civil.Date {
	if env == engine.Production {
		return r.Production
	}
	return r.Test
}
