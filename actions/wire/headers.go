package wire

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// headers adds header fields in the order of their names, so that the same
// step gives the same bytes.
func headers(c *engine.Call, v any) error {
	fields, ok := v.(map[string]any)
	if v != nil && !ok {
		return problem(RuleHeader, "headers must be a map")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if fields[name] == nil {
			continue
		}
		p, err := piece(fields[name])
		if err != nil {
			return problem(RuleHeader, "header %s holds a %s", name, formula.KindOf(fields[name]))
		}
		c.Header = append(c.Header, engine.HeaderField{Name: name, Value: []engine.Piece{p}})
	}
	return nil
}

func hasHeader(c *engine.Call, name string) bool {
	return slices.ContainsFunc(c.Header, func(h engine.HeaderField) bool { return strings.EqualFold(h.Name, name) })
}

// piece is a value as text, or the slot of a secret.
func piece(v any) (engine.Piece, error) {
	switch v := v.(type) {
	case formula.Secret:
		return engine.Piece{Secret: &v}, nil
	case []byte:
		return engine.Piece{Bytes: v}, nil
	case formula.Node:
		return engine.Piece{Bytes: []byte(v.Text())}, nil
	}
	t, err := formula.FormatText(v)
	return engine.Piece{Bytes: []byte(t)}, err
}

// altered is the piece with f applied to its text; a secret stays one.
func altered(p engine.Piece, f func(string) string) (engine.Piece, error) {
	if p.Secret == nil {
		return engine.Piece{Bytes: []byte(f(string(p.Bytes)))}, nil
	}
	s, err := formula.NewSecret(p.Secret.Name(), f(p.Secret.Reveal()))
	return engine.Piece{Secret: &s}, err
}

// auth adds the header that carries credentials.
// Source: RFC 7617, clause 2; RFC 6750, clause 2.1.
func auth(c *engine.Call, v any) error {
	if v == nil {
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok || len(m) != 1 {
		return problem(RuleAuth, "auth is one of basic, bearer and header")
	}
	switch {
	case m["basic"] != nil:
		return basic(c, m["basic"])
	case m["bearer"] != nil:
		p, err := piece(m["bearer"])
		if err != nil {
			return problem(RuleAuth, "bearer takes a token, not a %s", formula.KindOf(m["bearer"]))
		}
		c.Header = append(c.Header, engine.HeaderField{Name: "Authorization", Value: append(text("Bearer "), p)})
		return nil
	case m["header"] != nil:
		return headers(c, m["header"])
	}
	return problem(RuleAuth, "auth has no value: an absent secret is not sent as an empty one")
}

func basic(c *engine.Call, v any) error {
	list, ok := v.([]any)
	if !ok || len(list) != 2 || list[0] == nil || list[1] == nil {
		return problem(RuleAuth, "basic takes a list of user and password")
	}
	user, err1 := piece(list[0])
	password, err2 := piece(list[1])
	if err1 != nil || err2 != nil {
		return problem(RuleAuth, "user and password are texts or secrets")
	}
	joined := plain(user) + ":" + plain(password)
	name := "basic"
	for _, p := range []engine.Piece{password, user} {
		if p.Secret != nil {
			name = p.Secret.Name()
			break
		}
	}
	// What is joined with a password is kept as a secret, whatever it was given as.
	secret, err := formula.NewSecret(name, base64.StdEncoding.EncodeToString([]byte(joined)))
	if err != nil {
		return err
	}
	c.Header = append(c.Header, engine.HeaderField{Name: "Authorization", Value: append(text("Basic "), engine.Piece{Secret: &secret})})
	return nil
}

// plain is the text of a piece, secret or not; it goes into a secret only.
func plain(p engine.Piece) string {
	if p.Secret != nil {
		return p.Secret.Reveal()
	}
	return string(p.Bytes)
}
