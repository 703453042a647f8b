package life

import (
	"cmp"
	"slices"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Complete fixes the digest of a package. A record there was before must be a
// draft.
func Complete(p *engine.Package, before *Record, notes string, by Provenance) (*Record, error) {
	r := &Record{Package: p.ID, Version: p.Version, Digest: p.Digest, State: Completed, Notes: notes, Provenance: by}
	if before == nil {
		return r, nil
	}
	r.Replaces, r.Notes, r.Log = before.Replaces, cmp.Or(notes, before.Notes), before.Log
	return r, before.May(Completed)
}

// Publish lets a completed release be used in production, from the days given.
// What it replaces must be an earlier version.
func (r *Record) Publish(test, production Calendar, replaces string) (*Record, error) {
	out := *r
	for _, c := range []Calendar{test, production} {
		if _, err := civil.Zone(c.Zone); err != nil && c.Zone != "" {
			return nil, diag.Problem{Rule: RuleRecord, Message: "no zone is named " + c.Zone, Hint: "as in Europe/Madrid, or an offset as in +05:30"}
		}
	}
	out.State, out.Test, out.Production, out.Replaces = Published, test, production, cmp.Or(replaces, r.Replaces)
	if out.Replaces != "" && engine.CompareVersions(out.Replaces, out.Version) >= 0 {
		return nil, diag.Problem{Rule: RuleState, Message: "version " + out.Version + " is not later than " + out.Replaces + ", which it would replace"}
	}
	return &out, r.May(Published)
}

// Retire withdraws a release.
func (r *Record) Retire(by string) (*Record, error) {
	out := *r
	out.State, out.ReplacedBy = Retired, by
	return &out, r.May(Retired)
}

// May reports whether a release may go on to a state: one step at a time, and
// never back.
func (r *Record) May(to State) error {
	next := map[State]State{Draft: Completed, Completed: Published, Published: Retired}
	if next[r.State] != to {
		return diag.Problem{Rule: RuleState, Message: "release " + r.Package + "@" + r.Version + " is " + string(r.State) + " and can't become " + string(to),
			Hint: "the order is draft, completed, published, retired"}
	}
	return nil
}

// Later reports whether a record is further on its way than another one of the
// same release.
func Later(a, b *Record) bool {
	order := []State{Draft, Completed, Published, Retired}
	return slices.Index(order, a.State) > slices.Index(order, b.State)
}

// ValidID reports whether a text is the id of a package: xx/name.
func ValidID(id string) bool { return load.ValidID(id) }

// ValidVersion reports whether a text is a version of a package.
func ValidVersion(v string) bool { return load.ValidVersion(v) }
