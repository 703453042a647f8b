// Package archtest checks the shape of the repository: which folder may import
// which, that no country is in Go, and that effects have only the hands they
// may have. Its functions take what they judge as data, so that the checks
// themselves are tested with things that must be refused.
package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// Module is the import path of this module.
const Module = "github.com/fiscus-project/fiscus"

// Import is what a package of this module imports.
type Import struct {
	Package string   // path below the module: "engine/formula"
	Imports []string // full import paths
}

// floors are numbered from the ground; imports only go down, or stay in the
// same room. A room is the longest prefix listed here.
var floors = map[string]int{
	"internal": 1, "schemas": 1, "packages": 1,
	"engine":  2,
	"actions": 3, "configpkg": 3,
	"service": 4,
	"cmd":     5,
}

// forbidden are arrows between rooms that the floors alone would allow.
var forbidden = map[string][]string{
	"service": {"actions"},
}

func room(path string) (string, int) {
	name, _, _ := strings.Cut(path, "/")
	return name, floors[name]
}

// Directions returns the imports that do not go down.
func Directions(all []Import) (wrong []string) {
	for _, p := range all {
		from, low := room(p.Package)
		for _, i := range p.Imports {
			below, ok := strings.CutPrefix(i, Module+"/")
			if !ok {
				continue
			}
			to, floor := room(below)
			if floor == 0 || low == 0 {
				wrong = append(wrong, fmt.Sprintf("%s imports %s: no floor is known", p.Package, below))
			} else if to != from && (floor >= low || slices.Contains(forbidden[from], to)) {
				wrong = append(wrong, fmt.Sprintf("%s must not import %s", p.Package, below))
			}
		}
	}
	return wrong
}

// hands lists the packages that reach the world.
var hands = []string{"net", "net/http", "net/http/httptest", "crypto/tls", "os", "os/exec", "os/signal", "syscall",
	"database/sql", "github.com/hashicorp/go-retryablehttp", "golang.org/x/sys/unix"}

// MayReach lists the rooms that may import a hand: transport, store, keys,
// artifact store, the simulator's server, test helpers and commands.
var MayReach = []string{"internal/wire", "internal/keys", "internal/artifacts", "internal/sharedtest", "internal/archtest",
	"internal/figures", "internal/pgtest", "service/", "cmd/"}

// Effects returns the imports by which a package that may not reach the world
// could: an action that declares itself pure and dials is found here, since
// without such an import it has no way to dial.
func Effects(all []Import) (wrong []string) {
	for _, p := range all {
		if slices.ContainsFunc(MayReach, func(r string) bool {
			return p.Package == r || strings.HasPrefix(p.Package, strings.TrimSuffix(r, "/")+"/")
		}) {
			continue
		}
		for _, i := range p.Imports {
			if slices.Contains(hands, i) || i == "unsafe" && strings.HasPrefix(p.Package, "actions/") {
				wrong = append(wrong, fmt.Sprintf("%s must not import %s", p.Package, i))
			}
		}
	}
	return wrong
}
