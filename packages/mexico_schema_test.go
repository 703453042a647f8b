package packages

import (
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/cover"
	"github.com/fiscus-project/fiscus/configpkg/profiles"
	"github.com/fiscus-project/fiscus/internal/artifacts"
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
