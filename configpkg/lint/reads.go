package lint

import (
	"io/fs"
	"reflect"
	"sync"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// reads collects what the formulas of something read.
type reads struct {
	refs  [][]string
	calls []formula.Call
	seen  map[uintptr]bool
	own   bool // other parts of the package are left out

	values  []*formula.Value
	without reflect.Type // left out
}

var (
	programType = reflect.TypeFor[*formula.Program]()
	valueType   = reflect.TypeFor[*formula.Value]()
)

// others are parts of a package that have names of their own.
var others = map[reflect.Type]bool{
	reflect.TypeFor[*engine.Answers](): true, reflect.TypeFor[*nodes.Mapping](): true, reflect.TypeFor[*engine.RuleSet](): true,
	reflect.TypeFor[*engine.State](): true, reflect.TypeFor[*engine.Artifact](): true,
}

// plain are types without formulas that may be large.
var plain = map[reflect.Type]bool{
	reflect.TypeFor[fs.FS](): true, reflect.TypeFor[[]byte](): true, reflect.TypeFor[[]engine.Row](): true, reflect.TypeFor[*engine.Spec](): true,
	reflect.TypeFor[diag.Pos](): true, reflect.TypeFor[formula.Type](): true, reflect.TypeFor[[]string](): true, reflect.TypeFor[map[string]diag.Pos](): true,
}

// readsOf walks all exported fields that can be reached from x and collects
// every formula in them, so that no place of the model is forgotten.
func readsOf(x any) *reads {
	r := &reads{seen: map[uintptr]bool{}}
	r.walk(reflect.ValueOf(x))
	return r
}

// ownReads is readsOf without what x refers to: the answers, mappings and
// rules that a flow names have inputs of their own.
func ownReads(x any) *reads {
	r := &reads{seen: map[uintptr]bool{}, own: true}
	r.walk(reflect.ValueOf(x).Elem())
	return r
}

func (r *reads) walk(v reflect.Value) {
	if !v.IsValid() || plain[v.Type()] || v.Type() == r.without || r.own && others[v.Type()] && !inline(v) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		r.pointer(v)
	case reflect.Interface:
		r.walk(v.Elem())
	case reflect.Struct:
		for _, i := range fieldsOf(v.Type()) {
			r.walk(v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			r.walk(v.Index(i))
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			r.walk(it.Value())
		}
	}
}

// fieldsIn remembers, for each type of the model, which of its fields may lead
// to a formula.
var fieldsIn sync.Map // reflect.Type to []int

func fieldsOf(t reflect.Type) []int {
	if known, ok := fieldsIn.Load(t); ok {
		return known.([]int)
	}
	fields := []int{}
	for i := range t.NumField() {
		f := t.Field(i)
		switch f.Type.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Struct, reflect.Slice, reflect.Array, reflect.Map:
			if f.IsExported() && !plain[f.Type] {
				fields = append(fields, i)
			}
		}
	}
	fieldsIn.Store(t, fields)
	return fields
}

// inline reports whether v is a mapping that stands in the step itself: it has
// no inputs of its own and reads what the step reads.
func inline(v reflect.Value) bool {
	if v.Type() != mappingType || v.IsNil() {
		return false
	}
	return v.Interface().(*nodes.Mapping).Name == load.InlineName
}

func (r *reads) pointer(v reflect.Value) {
	if v.IsNil() || r.seen[v.Pointer()] {
		return
	}
	r.seen[v.Pointer()] = true
	switch v.Type() {
	case programType:
		p := v.Interface().(*formula.Program)
		r.refs, r.calls = append(r.refs, p.Refs()...), append(r.calls, p.Calls()...)
	case valueType:
		x := v.Interface().(*formula.Value)
		r.refs, r.calls = append(r.refs, x.Refs()...), append(r.calls, x.Calls()...)
		r.values = append(r.values, x)
	default:
		r.walk(v.Elem())
	}
}

// reads reports whether name.field is read, or name as a whole.
func (r *reads) reads(name, field string) bool {
	for _, ref := range r.refs {
		if ref[0] == name && (len(ref) == 1 || ref[1] == field) {
			return true
		}
	}
	return false
}

// name reports whether a name is read.
func (r *reads) name(name string) bool {
	for _, ref := range r.refs {
		if ref[0] == name {
			return true
		}
	}
	return false
}

// called reports whether a function is called with that name first: a table, a
// calendar.
func (r *reads) called(name string) bool {
	for _, c := range r.calls {
		if c.Name == name {
			return true
		}
	}
	return false
}
