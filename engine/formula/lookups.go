package formula

import (
	"slices"

	"github.com/fiscus-project/fiscus/internal/diag"
)

var lookupFunctions = map[string]*function{
	"table": {min: 2, max: 10, args: []want{wantText, wantAll &^ kinds(SecretKind)}, names: []string{"name", "key"}, typeOf: typeOfRow(false), prepare: knownTable(true), call: func(k *call, args []any) (any, error) {
		v, err := k.f.s.root.host.Table(args[0].(string), keys(args), true)
		return plain(v), err
	}},
	"tableOr": {min: 2, max: 10, args: []want{wantText, wantAll &^ kinds(SecretKind)}, names: []string{"name", "key"}, gaps: true, typeOf: typeOfRow(false), prepare: knownTable(true), call: func(k *call, args []any) (any, error) {
		if slices.Contains(args[1:], nil) {
			return nil, nil
		}
		v, err := k.f.s.root.host.Table(args[0].(string), keys(args), false)
		return plain(v), err
	}},
	"rows": {min: 1, max: 10, args: []want{wantText, wantAll &^ kinds(SecretKind)}, names: []string{"name", "key"}, typeOf: typeOfRow(true), prepare: knownTable(false), call: rows},
	"entityBy": {min: 2, max: 2, args: []want{wantText, wantAll &^ kinds(SecretKind)}, names: []string{"field", "value"}, gaps: true, result: Any, call: func(k *call, args []any) (any, error) {
		if args[1] == nil {
			return nil, nil
		}
		v, err := k.f.s.root.host.EntityBy(args[0].(string), args[1])
		return plain(v), err
	}},
	"certificate": {min: 1, max: 1, args: []want{wantAll}, names: []string{"ref"}, result: CertificateType.Required(), secrets: seesSecret, call: func(k *call, args []any) (any, error) {
		v, err := k.f.s.root.host.Certificate(args[0])
		return plain(v), err
	}},
	"secret": {min: 1, max: 1, args: []want{wantText | kinds(BytesKind, SecretKind, TreeKind)}, names: []string{"x"}, result: SecretType.Required(), secrets: seesSecret, call: func(k *call, args []any) (any, error) {
		if s, ok := args[0].(Secret); ok {
			return s, nil
		}
		return k.f.s.root.host.Secret(args[0])
	}},
	"serial": {min: 1, max: 1, args: []want{wantText}, names: []string{"name"}, sim: true, result: String.Required(), call: func(k *call, args []any) (any, error) {
		return k.f.s.root.host.Serial(args[0].(string))
	}},
	"uuid": {min: 1, max: 1, args: []want{wantText}, names: []string{"seed"}, sim: true, result: String.Required(), call: func(k *call, args []any) (any, error) {
		return k.f.s.root.host.UUID(args[0].(string))
	}},
	"decrypt": {min: 3, max: 3, args: []want{wantText, wantAll, wantBytes}, names: []string{"method", "key", "b"}, sim: true, result: Bytes.Required(), secrets: seesSecret, call: func(k *call, args []any) (any, error) {
		if args[1] == nil {
			return nil, k.fail(RuleAbsent, "argument \"key\" of decrypt is absent")
		}
		b, err := k.f.s.root.host.Decrypt(args[0].(string), args[1], bytesOf(args[2]))
		if err != nil {
			return nil, err
		}
		return b, k.build(len(b))
	}},
}

// keys returns the keys of a look-up in a slice the host may keep.
func keys(args []any) []any { return append([]any(nil), args[1:]...) }

func rows(k *call, args []any) (any, error) {
	list, err := k.f.s.root.host.Rows(args[0].(string), keys(args))
	if err != nil {
		return nil, err
	}
	if list == nil {
		list = []any{}
	}
	return list, k.tick(len(list))
}

func typeOfRow(list bool) func(*compiler, []*node) Type {
	return func(c *compiler, args []*node) Type {
		row := Any
		if name, ok := args[0].value.(string); ok {
			if t, ok := c.decl.Tables[name]; ok {
				row = t.Row
			}
		}
		if list {
			return ListOf(row).Required()
		}
		return row.optional()
	}
}

// knownTable checks the name of a table, and with exact the number of keys.
func knownTable(exact bool) func(*compiler, []*node) (func(*call, []any) (any, error), bool) {
	return func(c *compiler, args []*node) (func(*call, []any) (any, error), bool) {
		name, ok := args[0].value.(string)
		if !ok || c.decl.Tables == nil {
			return nil, true
		}
		t, ok := c.decl.Tables[name]
		if !ok {
			c.fault(args[0].from, RuleName, "unknown table %q", name).Hint = diag.DidYouMean(name, sortedKeys(c.decl.Tables))
			return nil, false
		}
		given := len(args) - 1
		if exact && given != t.Keys || given > t.Keys {
			c.fault(args[0].from, RuleType, "table %q has %d key(s), not %d", name, t.Keys, given)
			return nil, false
		}
		return nil, true
	}
}
