package load

import (
	"maps"
	"slices"
)

// Construct is a part of the language that this version refuses.
type Construct struct {
	Name string // as in the message
	Hint string // what to do meanwhile
}

// NotBuilt returns the constructs that are refused as CFG-NOT-BUILT, sorted by
// name. The list may only shrink.
func NotBuilt() []Construct {
	var all []Construct
	for _, name := range slices.Sorted(maps.Keys(notBuilt)) {
		all = append(all, Construct{name, notBuilt[name]})
	}
	return all
}

// notBuilt is the one list of what the language has and this version has not,
// with the hint that goes with the refusal.
var notBuilt = map[string]string{
	"mail, sftp and poll channels":    "let something else put files into a folder",
	"items inside items":              "put the items themselves into the folder",
	"connections":                     "write the address as a text",
	"releases":                        "",
	"profiles":                        "",
	"schedule":                        "",
	"setup flows":                     "set the parameters in the entity's file",
	"batch flows":                     "send documents one by one",
	"waiting for a state or a person": "wait until an instant, or for an event",
	"step key chain":                  "",
	"step key batch":                  "use the flow for each document by itself",
	"step key cache":                  "",
	"chain links":                     "",
	"state kind chain":                "",
	"members of answers":              "",
	"simulator keys":                  "",
	"simulator news":                  "",
}
