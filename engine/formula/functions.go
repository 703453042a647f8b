package formula

import (
	"maps"
	"slices"
	"strconv"
)

// functions are all functions of the language that take no predicate.
var functions = func() map[string]*function {
	all := map[string]*function{}
	for _, family := range []map[string]*function{numberFunctions, textFunctions, codingFunctions, digestFunctions, timeFunctions, listFunctions, treeFunctions, lookupFunctions} {
		maps.Copy(all, family)
	}
	return all
}()

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func itoa(n int) string { return strconv.Itoa(n) }
