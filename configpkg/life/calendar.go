package life

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/civil"
)

// Calendar says from when a release is in force in one environment. The zero
// calendar: always, and everywhere.
type Calendar struct {
	From   civil.Date            // zero: always
	Zone   string                // whose days are meant; empty: those of the legal entity
	Except map[string]civil.Date // by region of the legal entity, instead of From
}

func (c Calendar) zero() bool { return c.From == (civil.Date{}) && c.Zone == "" && len(c.Except) == 0 }

// String writes the calendar as a record has it.
func (c Calendar) String() string {
	var parts []string
	if c.From != (civil.Date{}) {
		parts = append(parts, "from: "+c.From.String())
	}
	if c.Zone != "" {
		parts = append(parts, "zone: "+plain(c.Zone))
	}
	if len(c.Except) > 0 {
		var days []string
		for _, region := range slices.Sorted(maps.Keys(c.Except)) {
			days = append(days, plain(region)+": "+c.Except[region].String())
		}
		parts = append(parts, "except: {"+strings.Join(days, ", ")+"}")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// bare are texts that YAML takes as they are, for all readers.
var bare = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_/-]+$`)

func plain(s string) string {
	if bare.MatchString(s) && !slices.Contains([]string{"yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(s)) {
		return s
	}
	return strconv.Quote(s)
}

func writeCalendars(b *bytes.Buffer, r *Record) {
	if r.Test.zero() && r.Production.zero() {
		return
	}
	b.WriteString("calendar:\n")
	for _, e := range []struct {
		name string
		c    Calendar
	}{{"test", r.Test}, {"production", r.Production}} {
		if !e.c.zero() {
			fmt.Fprintf(b, "  %s: %s\n", e.name, e.c)
		}
	}
}

func readCalendar(n *yml.Node) (c Calendar, err error) {
	if from := n.Get("from"); from != nil {
		if c.From, err = civil.ParseDate(from.Text); err != nil {
			return c, err
		}
	}
	if zone := n.Get("zone"); zone != nil {
		c.Zone = zone.Text
		if _, err := civil.Zone(c.Zone); err != nil {
			return c, err
		}
	}
	except := n.Get("except")
	if except == nil {
		return c, nil
	}
	c.Except = map[string]civil.Date{}
	for _, e := range except.Entries {
		if c.Except[e.Key], err = civil.ParseDate(e.Value.Text); err != nil {
			return c, err
		}
	}
	return c, nil
}

// Calendar returns when the release is in force in an environment.
func (r *Record) Calendar(env engine.Environment) engine.Calendar {
	c := r.Test
	if env == engine.Production {
		c = r.Production
	}
	out := engine.Calendar{From: c.From, Except: c.Except}
	if z, err := civil.Zone(c.Zone); err == nil && c.Zone != "" {
		out.Zone = z
	}
	return out
}
