package civil

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Pattern is a compiled LDML date pattern. It is safe for concurrent use.
//
// Letters: y yy yyyy (yy: two digits, read as 2000 to 2099), M MM, d dd,
// D DDD (day of the year), H HH, m mm, s ss, S to SSSSSSSSS (fraction),
// x xx xxx (offset +hh[mm], +hhmm, +hh:mm), X XX XXX (the same, Z for zero).
// Text in single quotes and all that is no letter stands for itself; two
// single quotes are one. Doubled letters read exactly that many digits,
// single ones as many as there are.
// Source: Unicode Technical Standard 35, part 4, clause 8.
type Pattern struct {
	text  string
	items []item
	has   uint16
}

type item struct {
	letter byte // 0: literal
	count  int
	text   string
}

const (
	hasYear = 1 << iota
	hasMonth
	hasDay
	hasYearDay
	hasHour
	hasMinute
	hasSecond
	hasFraction
	hasOffset
)

var letters = map[byte]struct {
	counts string
	has    uint16
}{
	'y': {"124", hasYear}, 'M': {"12", hasMonth}, 'd': {"12", hasDay}, 'D': {"13", hasYearDay}, 'H': {"12", hasHour}, 'm': {"12", hasMinute}, 's': {"12", hasSecond},
	'S': {"123456789", hasFraction}, 'x': {"123", hasOffset}, 'X': {"123", hasOffset},
}

var isoDate = mustCompile("yyyy-MM-dd")

func mustCompile(text string) *Pattern {
	p, err := Compile(text)
	if err != nil {
		panic(err)
	}
	return p
}

// Compile reads a pattern; ErrPattern if it has other letters, an open quote
// or more than 200 characters.
func Compile(text string) (*Pattern, error) {
	p := &Pattern{text: text}
	if len(text) > 200 {
		return nil, fmt.Errorf("pattern of %d characters: %w", len(text), ErrPattern)
	}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\'':
			lit, n := quoted(text[i:])
			if n == 0 {
				return nil, fmt.Errorf("%q: open quote: %w", text, ErrPattern)
			}
			p.literal(lit)
			i += n
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := 1
			for i+n < len(text) && text[i+n] == c {
				n++
			}
			l, ok := letters[c]
			if !ok || n > 9 || !strings.Contains(l.counts, strconv.Itoa(n)) {
				return nil, fmt.Errorf("%q: %q: %w", text, text[i:i+n], ErrPattern)
			}
			p.items = append(p.items, item{letter: c, count: n})
			p.has |= l.has
			i += n
		default:
			p.literal(text[i : i+1])
			i++
		}
	}
	return p, nil
}

// quoted returns the text of a quoted piece at the start of s and its length.
func quoted(s string) (string, int) {
	if strings.HasPrefix(s, "''") {
		return "'", 2
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1
	}
	return "", 0
}

func (p *Pattern) literal(text string) {
	if n := len(p.items); n > 0 && p.items[n-1].letter == 0 {
		p.items[n-1].text += text
		return
	}
	p.items = append(p.items, item{text: text})
}

// String returns the pattern as written.
func (p *Pattern) String() string { return p.text }

const (
	dateParts  = hasYear | hasMonth | hasDay | hasYearDay
	clockParts = hasHour | hasMinute | hasSecond | hasFraction
)

// FormatDate writes d; ErrMissing if the pattern asks for a time or an offset.
func (p *Pattern) FormatDate(d Date) (string, error) {
	if p.has&^dateParts != 0 {
		return "", fmt.Errorf("date with pattern %q: %w", p.text, ErrMissing)
	}
	return p.write(d, Clock{}, 0), nil
}

// FormatClock writes c; ErrMissing if the pattern asks for a date or an offset.
func (p *Pattern) FormatClock(c Clock) (string, error) {
	if p.has&^clockParts != 0 {
		return "", fmt.Errorf("time of day with pattern %q: %w", p.text, ErrMissing)
	}
	return p.write(Date{}, c, 0), nil
}

// FormatInstant writes t in the zone it carries.
func (p *Pattern) FormatInstant(t time.Time) string {
	_, offset := t.Zone()
	return p.write(DateOf(t), ClockOf(t), offset)
}

func (p *Pattern) write(d Date, c Clock, offset int) string {
	b := make([]byte, 0, len(p.text)+8)
	for _, it := range p.items {
		switch it.letter {
		case 0:
			b = append(b, it.text...)
		case 'y':
			if it.count == 2 {
				b = appendPadded(b, d.Year%100, 2)
			} else {
				b = appendPadded(b, d.Year, it.count)
			}
		case 'M':
			b = appendPadded(b, d.Month, it.count)
		case 'd':
			b = appendPadded(b, d.Day, it.count)
		case 'D':
			b = appendPadded(b, d.YearDay(), it.count)
		case 'H':
			b = appendPadded(b, c.Hour, it.count)
		case 'm':
			b = appendPadded(b, c.Minute, it.count)
		case 's':
			b = appendPadded(b, c.Second, it.count)
		case 'S':
			b = append(b, fmt.Sprintf("%09d", c.Nano)[:it.count]...)
		case 'X', 'x':
			if it.letter == 'X' && offset == 0 {
				b = append(b, 'Z')
			} else {
				b = append(b, offsetText(offset, it.count)...)
			}
		}
	}
	return string(b)
}

func appendPadded(b []byte, n, width int) []byte {
	for limit, w := 10, 2; w <= width; w, limit = w+1, limit*10 {
		if n < limit {
			for ; w <= width; w++ {
				b = append(b, '0')
			}
		}
	}
	return strconv.AppendInt(b, int64(n), 10)
}
