package load

import (
	"path"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// channelFiles compiles all channels.
func (l *loader) channelFiles() {
	for _, u := range l.byKind("channel") {
		c := l.channel(u)
		if c == nil {
			continue
		}
		if first := l.pkg.Channel(c.Name); first != nil {
			l.fault(u.name.Pos, RuleTwice, "", "channel %q stands here and in %s", c.Name, first.File)
			continue
		}
		l.pkg.Channels = append(l.pkg.Channels, c)
	}
}

// itemType is what formulas see of a thing that came in.
var itemType = formula.MapOf(map[string]formula.Type{"bytes": formula.Bytes.Required(), "body": formula.Bytes.Required(), "name": formula.String.Required()}, false).Named("item")

// channelScope has what the formulas of a channel see: the item, and the
// document it is read as.
func (l *loader) channelScope(c *engine.Channel) *scope {
	s := l.base().without("document", "ext", "entity", "param").reader()
	s.decl.Names["item"] = itemType.Required()
	t := formula.Any
	if len(c.Readings) > 0 {
		t, _ = documentType(c.Readings[0].To)
		for _, r := range c.Readings {
			if r.To != c.Readings[0].To {
				t = formula.Any // any of several documents
			}
		}
	}
	s.decl.Names["document"] = t
	return s
}

func (l *loader) channel(u *unit) *engine.Channel {
	o := l.object(u.node, "channel")
	if !o.ok() {
		return nil
	}
	c := &engine.Channel{Name: l.name(o.word("channel"), u.name.TextPos(), "channel"), Kind: o.word("kind"), File: u.path, Pos: u.node.Pos, Path: o.word("path"), Every: o.duration("every"),
		Twice: engine.Twice{Item: "drop", Document: "park"}}
	for _, n := range o.nodes("readings") {
		f := l.lookUp(n.Text, "reading", n.TextPos())
		if f == nil {
			continue
		}
		if r := l.reading(f); r != nil {
			if r.To == "" {
				l.fault(n.TextPos(), RuleDocument, "give the reading to: invoice/1", "reading %s makes no business document", n.Text)
			}
			c.Readings = append(c.Readings, r)
		}
	}
	s := l.channelScope(c)
	l.accepts(c, o)
	i := l.object(o.get("item"), "item")
	if i.ok() {
		c.Identify, c.Entity, c.Document = s.value(i.get("identify")), s.value(i.get("entity")), s.value(i.get("document"))
	}
	l.routes(c, o, s)
	if d := l.object(o.get("duplicate"), "duplicate"); d.ok() && d.has("document") {
		c.Twice.Document = d.word("document")
	}
	if a := l.object(o.get("after"), "after item"); a.ok() {
		c.Done, c.Parked = l.folder(a, "done"), l.folder(a, "parked")
	}
	if r := l.object(o.get("reply"), "reply of channel"); r.ok() {
		c.Reply = r.number("status", 200, 0)
	}
	c.Keep = o.duration("keep")
	l.channelAuth(c, o)
	l.channelKind(c, o)
	return c
}

// channelKind reports keys that belong to another kind of channel.
func (l *loader) channelKind(c *engine.Channel, o object) {
	only := map[string][]string{"folder": {"path", "auth", "reply"}, "http": {"every", "after"}}
	for _, key := range only[c.Kind] {
		if o.has(key) {
			l.fault(o.pos(key), RuleKind, "", "a channel of kind %s has no %s", c.Kind, key)
		}
	}
	if c.Kind == "http" && !strings.HasPrefix(c.Path, "/") {
		l.fault(o.pos("path"), RuleMissing, "path: /events", "a channel of kind http has a path that begins with a slash")
	}
}

func (l *loader) folder(o object, key string) string {
	text := strings.TrimSuffix(o.word(key), "/")
	if text != "" && (path.IsAbs(text) || strings.HasPrefix(path.Clean(text), "..")) {
		l.fault(o.pos(key), RuleWord, "name a folder inside that of the channel", "%q leads out of the folder", text)
	}
	return text
}

func (l *loader) accepts(c *engine.Channel, o object) {
	a := l.object(o.get("accepts"), "accepts")
	if !a.ok() {
		return
	}
	c.Accepts = a.word("name")
	if _, err := path.Match(c.Accepts, "x"); err != nil {
		l.fault(a.pos("name"), RuleWord, `such as "*.xml"`, "%q is no pattern of names", c.Accepts)
	}
	if n := a.get("size"); n != nil {
		size, ok := sizeOf(n.Text)
		if !ok {
			l.fault(n.TextPos(), RuleWord, "write 30MB or 500KB", "%q is no size", n.Text)
		}
		c.Size = size
	}
}

// sizeOf reads 500KB or 30MB.
func sizeOf(text string) (int64, bool) {
	unit := int64(1)
	switch {
	case strings.HasSuffix(text, "KB"):
		unit, text = 1<<10, strings.TrimSuffix(text, "KB")
	case strings.HasSuffix(text, "MB"):
		unit, text = 1<<20, strings.TrimSuffix(text, "MB")
	}
	n := int64(0)
	for _, r := range text {
		if r < '0' || r > '9' || n > 1<<20 {
			return 0, false
		}
		n = n*10 + int64(r-'0')
	}
	return n * unit, n > 0
}

// routes reads what becomes of an item. flow or submit may stand without
// routes.
func (l *loader) routes(c *engine.Channel, o object, s *scope) {
	if count(o.has("routes"), o.has("flow"), o.has("submit"), o.has("event")) != 1 {
		l.fault(o.node.Pos, RuleRoute, "give routes, or flow, or event, or submit: true", "a channel says once what becomes of its items")
		return
	}
	list := []*yml.Node{o.node}
	if o.has("routes") {
		list = o.nodes("routes")
	}
	for _, n := range list {
		x := o
		if n != o.node {
			x = l.object(n, "route of channel")
		}
		if !x.ok() {
			continue
		}
		r := engine.ChannelRoute{Flow: x.word("flow"), Submit: x.flag("submit", false), Pos: n.Pos}
		if n != o.node {
			r.When = s.condition(x.get("when"))
			for _, e := range x.entries("about") {
				l.aboutField(&r, e, s)
			}
		}
		l.routeEvent(&r, x, s)
		l.routeFlow(c, &r, x)
		c.Routes = append(c.Routes, r)
	}
}

// aboutField reads fields.name: value.
func (l *loader) aboutField(r *engine.ChannelRoute, e yml.Entry, s *scope) {
	field, ok := strings.CutPrefix(e.Key, "fields.")
	if !ok {
		l.fault(e.KeyPos, RuleUnknownKey, "fields.name: value", "a document is found by a field it published")
		return
	}
	if v := s.value(e.Value); v != nil {
		r.About = append(r.About, engine.Let{Name: field, Value: v, Pos: e.KeyPos})
	}
}

// routeFlow checks that the flow of a route is there and of a kind that takes
// items.
func (l *loader) routeFlow(c *engine.Channel, r *engine.ChannelRoute, x object) {
	n := x.get("flow")
	switch {
	case r.Event != nil && n == nil && !r.Submit:
		return
	case r.Submit && n == nil:
		if len(c.Readings) == 0 {
			l.fault(r.Pos, RuleRoute, "name readings", "a document is submitted, and nothing reads one")
		}
		return
	case n == nil || r.Submit || r.Event != nil:
		l.fault(r.Pos, RuleRoute, "flow: receive, or event: {name, key}, or submit: true", "a route names a flow or an event, or submits the document")
		return
	}
	f := l.flowNamed(n.Text, n.TextPos())
	if f == nil {
		return
	}
	switch f.flow.Kind {
	case engine.Inbound:
		if len(c.Readings) == 0 {
			l.fault(r.Pos, RuleRoute, "name readings", "flow %q takes a document, and nothing reads one", n.Text)
		}
		if c.Entity == nil {
			l.fault(r.Pos, RuleRoute, `item: {entity: '=entityBy("vatId", document.buyer.vatId)'}`, "nothing says which legal entity an item belongs to")
		}
	case engine.Event:
		if len(r.About) == 0 {
			l.fault(r.Pos, RuleRoute, "about: {fields.key: ...}", "nothing says which document the news are about")
		}
		l.published(f, r)
	default:
		l.fault(n.TextPos(), RuleFlow, "give it kind: inbound or event", "flow %q is of kind %s; a channel starts inbound and event flows", n.Text, f.flow.Kind)
	}
}

// published checks that a flow publishes the fields a document is found by.
func (l *loader) published(event *flowUnit, r *engine.ChannelRoute) {
	l.checks = append(l.checks, func() {
		var names []string
		for _, f := range l.pkg.Flows {
			if f.Kind == engine.Outbound || f.Kind == engine.Inbound {
				for _, x := range f.Fields {
					names = append(names, x.Name)
				}
			}
		}
		for _, a := range r.About {
			if !slices.Contains(names, a.Name) {
				l.fault(a.Pos, RuleRoute, diag.DidYouMean(a.Name, names), "no flow publishes a field %q", a.Name)
			}
		}
	})
}

func (l *loader) channelAuth(c *engine.Channel, o object) {
	a := l.object(o.get("auth"), "auth of channel")
	if !a.ok() {
		return
	}
	c.Auth = &engine.ChannelAuth{Header: a.word("header")}
	s := l.base().without("document", "ext")
	c.Auth.HMAC = s.value(a.get("hmac"))
}
