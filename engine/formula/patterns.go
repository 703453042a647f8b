package formula

import (
	"regexp"
	"strings"
)

// texts evaluates both operands of a test on texts; ok is false when one is
// absent.
func (f *frame) texts(from int, op string, a, b *node) (x, y string, ok bool, err error) {
	v, err := a.run(f)
	if err != nil {
		return "", "", false, err
	}
	w, err := b.run(f)
	if v == nil || w == nil || err != nil {
		return "", "", false, err
	}
	x, xok := v.(string)
	y, yok := w.(string)
	if !xok || !yok {
		return "", "", false, f.wrongType(from, "operator %s needs texts, not a %s and a %s", op, KindOf(v), KindOf(w))
	}
	return x, y, true, f.tick(from, (len(x)+len(y))/256)
}

func (c *compiler) needTexts(op string, a, b *node, from int) bool {
	for _, n := range []*node{a, b} {
		if k := n.typ.kind; !n.typ.isText() && k != AnyKind && k != AbsentKind {
			c.fault(from, RuleType, "operator %s needs texts, not a %s", op, n.typ)
			return false
		}
	}
	return true
}

func (c *compiler) textTest(op string, a, b *node, from int) *node {
	if !c.needTexts(op, a, b, from) {
		return broken(from)
	}
	test := map[string]func(string, string) bool{"contains": strings.Contains, "startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix}[op]
	return &node{typ: Boolean, from: from, run: func(f *frame) (any, error) {
		x, y, ok, err := f.texts(from, op, a, b)
		if err != nil {
			return nil, err
		}
		if !ok {
			return f.unknown(from, op), nil
		}
		return test(x, y), nil
	}}
}

func (c *compiler) matches(a, b *node, from int) *node {
	if !c.needTexts("matches", a, b, from) {
		return broken(from)
	}
	fixed, ok := c.pattern(b)
	if !ok {
		return broken(from)
	}
	return &node{typ: Boolean, from: from, run: func(f *frame) (any, error) {
		x, y, ok, err := f.texts(from, "matches", a, b)
		if err != nil {
			return nil, err
		}
		if !ok {
			return f.unknown(from, "matches"), nil
		}
		re := fixed
		if re == nil {
			if re, err = f.pattern(from, y); err != nil {
				return nil, err
			}
		}
		return re.MatchString(x), f.tick(from, len(x)/4)
	}}
}

// maxPattern is the length of a regular expression, in bytes.
const maxPattern = 1000

// pattern compiles a constant regular expression; nil for one that is not
// constant, not ok if it is wrong.
func (c *compiler) pattern(n *node) (*regexp.Regexp, bool) {
	text, ok := n.value.(string)
	if !n.constant || !ok {
		return nil, true
	}
	re, err := regexp.Compile(text)
	if err == nil && len(text) <= maxPattern {
		return re, true
	}
	if err == nil {
		c.fault(n.from, RuleValue, "regular expression of more than %d characters", maxPattern)
		return nil, false
	}
	c.fault(n.from, RuleValue, "%v", err).Hint = "regular expressions are RE2: no back-references, no look-around"
	return nil, false
}

func (f *frame) pattern(from int, text string) (*regexp.Regexp, error) {
	if err := f.tick(from, 200+10*len(text)); err != nil {
		return nil, err
	}
	if len(text) > maxPattern {
		return nil, f.fail(from, RuleRunValue, "regular expression of more than %d characters", maxPattern)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, f.p.problem(from, err)
	}
	return re, nil
}
