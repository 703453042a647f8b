package packages

import (
	"bytes"
	"slices"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/profiles"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/profile"
	"github.com/fiscus-project/fiscus/internal/schematron/layer"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/service/host"
)

// standIns makes validators of the installed official files, with what the
// profiles say may stand in for those that cannot be had.
func standIns(t *testing.T) *host.Artifacts {
	t.Helper()
	store, err := artifacts.Open(sharedtest.Path(t, "artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	lib, err := store.Library(artifacts.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	data, problems := profiles.Read(Files(), "profiles")
	if problems.Grave() {
		t.Fatal(problems)
	}
	e, problems := profile.New(profile.Options{Library: lib, Profiles: data.Profiles, Rulesets: data.Rulesets, Makers: map[string]profile.Maker{"schematron": layer.Maker(layer.Texts{})}})
	if problems.Grave() {
		t.Fatal(problems)
	}
	return &host.Artifacts{Library: lib, Judge: e}
}

// Everything the package's tests issue follows the official schema, judged with
// the derived catalogue, which says that it is a stand-in.
func TestCFDIFollowsTheSchema(t *testing.T) {
	t.Parallel()
	r := cover.Run(t.Context(), cfdiBundle(t, nil), cover.Options{Artifacts: standIns(t)})
	if err := r.Err(); err != nil || len(r.Skipped) > 0 || r.Passed < 40 {
		t.Errorf("%d passed, skipped %v: %v", r.Passed, r.Skipped, err)
	}
}

// A document that the schema has nothing against is not called valid by it: the
// catalogue is a stand-in, which is told.
func TestStandInIsTold(t *testing.T) {
	t.Parallel()
	b := cfdiBundle(t, nil)
	o := newOffice(t, "2026-11-23T09:30:20-06:00", mustStandIn(t), school(t, b, "school"), nil, b)
	if a := o.submit("x", "income"); a.Status != engine.DocAccepted {
		t.Fatalf("%+v %v", a, o.report("x").Findings)
	}
	x := slices.IndexFunc(b.Package.Artifacts, func(x engine.Artifact) bool { return x.ID == "cfdi-xsd" })
	if x < 0 {
		t.Fatal("the package names no schema")
	}
	v, err := standIns(t).Validator(&b.Package.Artifacts[x])
	if err != nil {
		t.Fatal(err)
	}
	found, err := v.Validate(t.Context(), o.result("x", "legal"))
	if err != nil || len(found) != 1 || found[0].Rule != "ART-STAND-IN" || found[0].Severity != diag.Warning {
		t.Errorf("want the stand-in told and nothing else: %v %v", found, err)
	}
	broken := bytes.Replace(o.result("x", "legal"), []byte(`Version="4.0"`), []byte(`Version="4.1"`), 1)
	if found, err = v.Validate(t.Context(), broken); err != nil || len(found) < 2 {
		t.Errorf("the check cannot fail: %v %v", found, err)
	}
}
