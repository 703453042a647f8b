package civil

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

var zones sync.Map // name -> *time.Location; only names that exist are kept

// Zone returns the time zone of an IANA name ("Europe/Madrid"), of an offset
// ("+01:00", "-0300", "-03") or of "UTC" or "Z"; else ErrZone. The zone of the
// machine is never meant.
func Zone(name string) (*time.Location, error) {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location), nil
	}
	z, err := findZone(name)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", name, ErrZone)
	}
	zones.Store(strings.Clone(name), z)
	return z, nil
}

func findZone(name string) (*time.Location, error) {
	switch {
	case name == "Z" || name == "UTC":
		return time.UTC, nil
	case name == "" || name == "Local" || len(name) > 64:
		return nil, ErrZone
	case name[0] == '+' || name[0] == '-':
		seconds, n, err := readOffset(name, false, true)
		if err != nil || n != len(name) {
			return nil, ErrZone
		}
		return Offset(seconds), nil
	}
	return time.LoadLocation(name)
}

var offsets sync.Map // seconds -> *time.Location

// Offset returns the zone that is always seconds east of UTC.
func Offset(seconds int) *time.Location {
	if seconds == 0 {
		return time.UTC
	}
	if z, ok := offsets.Load(seconds); ok {
		return z.(*time.Location)
	}
	z, _ := offsets.LoadOrStore(seconds, time.FixedZone(offsetText(seconds, 3), seconds))
	return z.(*time.Location)
}

// offsetText writes +hh (1; with minutes if not zero), +hhmm (2) or +hh:mm (3).
func offsetText(seconds, form int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	h, m := seconds/3600, seconds/60%60
	switch {
	case form == 1 && m == 0:
		return fmt.Sprintf("%c%02d", sign, h)
	case form == 3:
		return fmt.Sprintf("%c%02d:%02d", sign, h, m)
	}
	return fmt.Sprintf("%c%02d%02d", sign, h, m)
}

// readOffset reads an offset from the start of s and returns its seconds and
// length. With any it takes all three forms, otherwise with colon only +hh:mm
// and without only +hh and +hhmm.
func readOffset(s string, colon, any bool) (seconds, length int, err error) {
	if len(s) < 3 || s[0] != '+' && s[0] != '-' {
		return 0, 0, ErrSyntax
	}
	h, ok := number(s[1:3])
	m, n := 0, 3
	switch rest := s[3:]; {
	case !ok:
		return 0, 0, ErrSyntax
	case (colon || any) && len(rest) >= 3 && rest[0] == ':':
		m, ok = number(rest[1:3])
		n = 6
	case colon:
		return 0, 0, ErrSyntax
	case len(rest) >= 2 && isDigit(rest[0]) && isDigit(rest[1]):
		m, ok = number(rest[:2])
		n = 5
	}
	if !ok {
		return 0, 0, ErrSyntax
	}
	if h > 18 || m > 59 {
		return 0, 0, ErrRange
	}
	if seconds = h*3600 + m*60; s[0] == '-' {
		seconds = -seconds
	}
	return seconds, n, nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func number(s string) (n int, ok bool) {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s != ""
}
