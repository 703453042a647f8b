package formula

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

var listFunctions = map[string]*function{
	"groups":   {min: 2, max: 12, args: []want{wantList, wantText}, names: []string{"list", "path"}, typeOf: typeOfGroups, call: groups, prepare: constantPaths},
	"distinct": {min: 1, max: 2, args: []want{wantList, wantText}, names: []string{"list", "path"}, typeOf: typeOfDistinct, call: distinct, prepare: constantPaths},
	"first": {min: 1, max: 1, args: []want{wantList}, names: []string{"list"}, typeOf: typeOfMember, call: func(_ *call, args []any) (any, error) {
		if list := args[0].([]any); len(list) > 0 {
			return plain(list[0]), nil
		}
		return nil, nil
	}},
	"last": {min: 1, max: 1, args: []want{wantList}, names: []string{"list"}, typeOf: typeOfMember, call: func(_ *call, args []any) (any, error) {
		if list := args[0].([]any); len(list) > 0 {
			return plain(list[len(list)-1]), nil
		}
		return nil, nil
	}},
	"len":     {min: 1, max: 1, args: []want{wantText | kinds(ListKind, MapKind, BytesKind)}, names: []string{"x"}, absent: true, result: Integer.Required(), call: lenOf},
	"concat":  {min: 1, max: -1, args: []want{wantList}, names: []string{"list"}, absent: true, gaps: true, typeOf: typeOfConcat, call: concat},
	"flatten": {min: 1, max: 1, args: []want{wantList}, names: []string{"list"}, typeOf: typeOfFlatten, call: flatten},
}

func typeOfMember(_ *compiler, args []*node) Type { return args[0].typ.Elem().optional() }

func typeOfConcat(_ *compiler, args []*node) Type {
	t := args[0].typ
	for _, a := range args[1:] {
		t = unify(t, a.typ)
	}
	if t.kind != ListKind {
		return ListOf(Any)
	}
	return t
}

func typeOfFlatten(_ *compiler, args []*node) Type {
	if e := args[0].typ.Elem(); e.kind == ListKind {
		return e
	}
	return ListOf(args[0].typ.Elem())
}

func lenOf(k *call, args []any) (any, error) {
	n, ok := length(args[0])
	if !ok {
		return nil, k.fail(RuleRunType, "a %s has no length", KindOf(args[0]))
	}
	return n, nil
}

// concat joins lists; absent ones are left out.
func concat(k *call, args []any) (any, error) {
	n := 0
	for _, a := range args {
		if list, ok := a.([]any); ok {
			n += len(list)
		}
	}
	if err := k.build(16 * n); err != nil {
		return nil, err
	}
	out := make([]any, 0, n)
	for _, a := range args {
		if list, ok := a.([]any); ok {
			out = append(out, list...)
		}
	}
	return out, nil
}

// flatten opens lists in a list by one level and leaves absent members out.
func flatten(k *call, args []any) (any, error) {
	out := []any{}
	for _, m := range args[0].([]any) {
		list, ok := plain(m).([]any)
		if !ok {
			list = []any{m}
		}
		if err := k.build(16 * len(list)); err != nil {
			return nil, err
		}
		if err := k.tick(len(list)); err != nil {
			return nil, err
		}
		for _, x := range list {
			if x != nil {
				out = append(out, x)
			}
		}
	}
	return out, nil
}

// constantPaths checks paths that are written out against the type of the
// members.
func constantPaths(c *compiler, args []*node) (func(*call, []any) (any, error), bool) {
	ok := true
	for _, a := range args[1:] {
		text, is := a.value.(string)
		if !is {
			continue
		}
		t := args[0].typ.Elem()
		for _, name := range strings.Split(text, ".") {
			next, known := t.At(name)
			if name == "" || !known && (c.decl.Strict || t.kind != MapKind) {
				c.fault(a.from, RuleName, "unknown field %q of %s", name, t).Hint = diag.DidYouMean(name, t.Fields())
				ok = false
				break
			}
			t = next
		}
	}
	return nil, ok
}

func typeOfGroups(_ *compiler, args []*node) Type {
	list := args[0].typ
	if list.kind != ListKind {
		list = ListOf(Any)
	}
	fields := map[string]Type{"items": list.Required()}
	for _, a := range args[1:] {
		text, ok := a.value.(string)
		if !ok {
			return ListOf(MapOf(map[string]Type{"items": list.Required()}, true))
		}
		path := strings.Split(text, ".")
		t, _ := list.Elem().At(path...)
		fields[path[len(path)-1]] = t
	}
	return ListOf(MapOf(fields, false).Named("group"))
}

func typeOfDistinct(_ *compiler, args []*node) Type {
	t := args[0].typ.Elem()
	if len(args) > 1 {
		text, ok := args[1].value.(string)
		if !ok {
			return ListOf(Any)
		}
		t, _ = t.At(strings.Split(text, ".")...)
	}
	return ListOf(t)
}

func follow(v any, path []string) (any, error) {
	var err error
	for _, name := range path {
		if v == nil {
			return nil, nil
		}
		if v, err = field(v, name); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// groups puts the members with equal values at all paths together, in order
// of first sight. A group is a map of the last name of every path and items.
func groups(k *call, args []any) (any, error) {
	paths := make([][]string, len(args)-1)
	for i, a := range args[1:] {
		paths[i] = strings.Split(a.(string), ".")
		name := paths[i][len(paths[i])-1]
		if name == "items" || slices.ContainsFunc(paths[:i], func(p []string) bool { return p[len(p)-1] == name }) {
			return nil, k.value("two parts of a group would be named %q", short(name))
		}
	}
	out, seen := []any{}, map[string]map[string]any{}
	values := make([]any, len(paths))
	for _, m := range args[0].([]any) {
		m = plain(m)
		key, err := k.groupKey(m, paths, values)
		if err != nil {
			return nil, err
		}
		g := seen[key]
		if g == nil {
			g = map[string]any{"items": []any{}}
			for i, p := range paths {
				g[p[len(p)-1]] = values[i]
			}
			if err := k.build(200 + len(key)); err != nil {
				return nil, err
			}
			seen[key] = g
			out = append(out, g)
		}
		g["items"] = append(g["items"].([]any), m)
		if err := k.build(32); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (k *call) groupKey(m any, paths [][]string, values []any) (string, error) {
	var b strings.Builder
	for i, p := range paths {
		v, err := follow(m, p)
		if err != nil {
			return "", err
		}
		values[i] = v
		key, err := valueKey(v)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%d:%s", len(key), key)
	}
	return b.String(), nil
}

// valueKey is a text that is the same for equal values and no others.
func valueKey(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "-", nil
	case decimal.Decimal:
		return "n" + v.Key(), nil
	case string:
		return "s" + v, nil
	case []byte:
		return "b" + string(v), nil
	case time.Time:
		return "i" + civil.FormatInstant(v.UTC()), nil
	case bool, civil.Date, civil.Clock, time.Duration:
		t, err := FormatText(v)
		return KindOf(v).String() + t, err
	}
	return "", diag.Problem{Rule: RuleRunType, Message: fmt.Sprintf("a %s cannot be grouped by", KindOf(v))}
}

// distinct returns the different members, or the different values at the path,
// in order of first sight. Absent ones are left out.
func distinct(k *call, args []any) (any, error) {
	var path []string
	if p, ok := argument(args, 1).(string); ok {
		path = strings.Split(p, ".")
	}
	out, seen := []any{}, map[string]bool{}
	for _, m := range args[0].([]any) {
		v, err := follow(plain(m), path)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		key, err := valueKey(v)
		if err != nil {
			return nil, err
		}
		if seen[key] {
			continue
		}
		if err := k.build(80 + len(key)); err != nil {
			return nil, err
		}
		seen[key] = true
		out = append(out, v)
	}
	return out, nil
}
