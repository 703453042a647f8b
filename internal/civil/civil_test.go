package civil

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNoSilentOverflow(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2026-02-29", "2026-02-30", "2026-13-01", "2026-00-10", "2026-04-31", "0000-01-01"} {
		if d, err := ParseDate(text); !errors.Is(err, ErrRange) {
			t.Errorf("%s: got %v %v", text, d, err)
		}
	}
	for _, text := range []string{"2026-2-1", "26-02-01", "2026-02-01 ", "2026-02-01T00:00:00", "2026/02/01", "", "+2026-02-01"} {
		if d, err := ParseDate(text); !errors.Is(err, ErrSyntax) {
			t.Errorf("%q: got %v %v", text, d, err)
		}
	}
	if d, err := ParseDate("2024-02-29"); err != nil || d.String() != "2024-02-29" {
		t.Errorf("leap day: %v %v", d, err)
	}
}

func TestAddMonthsEndsOnTheLastDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-01-31", 1, "2026-02-28"}, {"2024-01-31", 1, "2024-02-29"}, {"2026-03-31", -1, "2026-02-28"}, {"2026-11-30", 3, "2027-02-28"},
		{"2026-01-15", 12, "2027-01-15"}, {"2026-01-15", -13, "2024-12-15"}, {"2026-12-31", 0, "2026-12-31"},
	} {
		d, _ := ParseDate(c.from)
		if got, err := d.AddMonths(c.n); err != nil || got.String() != c.want {
			t.Errorf("%s + %d: want %s, got %s %v", c.from, c.n, c.want, got, err)
		}
	}
	d := Date{9999, 12, 31}
	if _, err := d.AddMonths(1); !errors.Is(err, ErrRange) {
		t.Errorf("got %v", err)
	}
	if _, err := d.AddDays(1); !errors.Is(err, ErrRange) {
		t.Errorf("got %v", err)
	}
	if _, err := (Date{1, 1, 1}).AddMonths(-1); !errors.Is(err, ErrRange) {
		t.Errorf("got %v", err)
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestPatternsWriteInstants(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 5, 7, 8, 9, 120_000_000, time.UTC)
	for _, c := range []struct{ pattern, zone, want string }{
		{"yyyy-MM-dd'T'HH:mm:ssxxx", "UTC", "2026-03-05T07:08:09+00:00"},
		{"yyyy-MM-dd'T'HH:mm:ssXXX", "UTC", "2026-03-05T07:08:09Z"},
		{"yyyy-MM-dd'T'HH:mm:ssxxx", "America/Sao_Paulo", "2026-03-05T04:08:09-03:00"},
		{"dd.MM.yy H:m:s.SSS xx", "Asia/Kolkata", "05.03.26 12:38:9.120 +0530"},
		{"x X xx XX", "Asia/Kolkata", "+0530 +0530 +0530 +0530"},
		{"x X XX", "Europe/Madrid", "+01 +01 +0100"},
		{"yyMM", "-03:00", "2603"},
		{"yyyyDDD", "UTC", "2026064"},
		{"d/M/y 'o''clock' ''", "UTC", "5/3/2026 o'clock '"},
		{"SSSSSSSSS S", "UTC", "120000000 1"},
	} {
		p, err := Compile(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if got := p.FormatInstant(at.In(zone(t, c.zone))); got != c.want {
			t.Errorf("%s in %s: want %s, got %s", c.pattern, c.zone, c.want, got)
		}
	}
}

func TestPatternsRefused(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"yyy", "MMM", "EEE", "'open", "hh", "a", "YYYY", "n", "SSSSSSSSSS", "xxxx"} {
		if _, err := Compile(p); !errors.Is(err, ErrPattern) {
			t.Errorf("%s: got %v", p, err)
		}
	}
}

func TestPatternsRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, text, zone, want string }{
		{"yyyy-MM-dd'T'HH:mm:ssXXX", "2026-03-05T07:08:09Z", "", "2026-03-05T07:08:09Z"},
		{"yyyy-MM-dd'T'HH:mm:ssXXX", "2026-03-05T07:08:09-03:00", "", "2026-03-05T07:08:09-03:00"},
		{"dd.MM.yyyy", "05.03.2026", "Europe/Warsaw", "2026-03-05T00:00:00+01:00"},
		{"yyMMddHHmmss", "260305070809", "UTC", "2026-03-05T07:08:09Z"},
		{"yMMdd", "20260305", "UTC", ""},
		{"d/M/yyyy H:mm", "5/3/2026 7:08", "UTC", "2026-03-05T07:08:00Z"},
		{"dd.MM.yyyy", "5.3.2026", "UTC", ""},
		{"yyyyDDD", "2026366", "UTC", ""},
		{"yyyyDDD", "2024366", "UTC", "2024-12-31T00:00:00Z"},
		{"yyyy-MM-dd HH:mm", "2026-03-29 02:30", "Europe/Madrid", ""},                          // skipped
		{"yyyy-MM-dd HH:mm", "2026-10-25 02:30", "Europe/Madrid", "2026-10-25T02:30:00+02:00"}, // twice: the first
		{"yyyy-MM-dd HH:mm", "2026-01-01 24:00", "UTC", ""},
		{"yyyy-MM-dd HH:mmxx", "2026-01-01 10:00+0130", "", "2026-01-01T10:00:00+01:30"},
		{"yyyy-MM-dd HH:mmxx", "2026-01-01 10:00+01:30", "", ""},
		{"yyyy-MM-dd HH:mm", "2026-01-01 10:00", "", ""}, // no zone
		{"HH:mm", "10:00", "UTC", ""},
	} {
		p, err := Compile(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		var z *time.Location
		if c.zone != "" {
			z = zone(t, c.zone)
		}
		got, err := p.ParseInstant(c.text, z)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%s by %s: want an error, got %s", c.text, c.pattern, got)
		case c.want != "" && (err != nil || FormatInstant(got) != c.want):
			t.Errorf("%s by %s: want %s, got %s %v", c.text, c.pattern, c.want, FormatInstant(got), err)
		}
	}
}

func TestParseInstantISO(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-03-05T07:08:09Z": "2026-03-05T07:08:09Z", "2026-03-05T07:08:09.5-03:00": "2026-03-05T07:08:09.5-03:00", "2026-03-05T07:08:09+0100": "2026-03-05T07:08:09+01:00",
		"2026-03-05T07:08:09.123456789Z": "2026-03-05T07:08:09.123456789Z", "2026-03-05T07:08:09": "2026-03-05T07:08:09+09:00",
		"2026-03-05": "", "2026-03-05T07:08": "", "2026-03-05 07:08:09Z": "", "2026-03-05T07:08:09.Z": "", "2026-03-05T07:08:60Z": "", "2026-02-30T07:08:09Z": "", "2026-03-05T07:08:09+25:00": "",
	} {
		got, err := ParseInstant(text, zone(t, "Asia/Tokyo"))
		switch {
		case want == "" && err == nil:
			t.Errorf("%s: got %s", text, got)
		case want != "" && (err != nil || FormatInstant(got) != want):
			t.Errorf("%s: want %s, got %s %v", text, want, FormatInstant(got), err)
		}
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Local", "", "Nowhere/City", "../../etc/passwd", "+1", "+01:0", "+99:00"} {
		if _, err := Zone(name); !errors.Is(err, ErrZone) {
			t.Errorf("%q: got %v", name, err)
		}
	}
	a, b := zone(t, "Europe/Madrid"), zone(t, "Europe/Madrid")
	if a != b {
		t.Error("a zone is read once")
	}
}

func TestEndOfDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ day, zone, want string }{
		{"2026-03-05", "Europe/Warsaw", "2026-03-05T23:59:59.999999999+01:00"},
		{"2026-03-29", "Europe/Warsaw", "2026-03-29T23:59:59.999999999+02:00"},
		{"2018-11-03", "America/Sao_Paulo", "2018-11-03T23:59:59.999999999-03:00"}, // the next midnight is skipped
	} {
		d, _ := ParseDate(c.day)
		got, err := d.EndOfDay(zone(t, c.zone))
		if err != nil || FormatInstant(got) != c.want {
			t.Errorf("%s %s: want %s, got %s %v", c.day, c.zone, c.want, FormatInstant(got), err)
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"30s": "30s", "5m": "5m", "24h": "1d", "15d": "15d", "1h30m": "1h30m", "90m": "1h30m", "500ms": "0.5s", "1.5h": "1h30m", "-60s": "-1m", "0s": "0s", "3000000s": "34d17h20m",
		"": "", "5": "", "s": "", "5x": "", "1.s": "", "--5s": "", "5 s": "", "999999999d": "", "1.0000000001s": "", "1.0001ms": "0.0010001s",
	} {
		got, err := ParseDuration(text)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q: got %s", text, got)
		case want != "" && (err != nil || FormatDuration(got) != want):
			t.Errorf("%q: want %s, got %s %v", text, want, FormatDuration(got), err)
		}
	}
}

// What is written is read back as the same.
func TestWriteThenRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-62135596800+86400*2, 253402300799-86400*2).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
		at = at.In(Offset(60 * rapid.IntRange(-18*60, 18*60).Draw(t, "offset")))
		if got, err := ParseInstant(FormatInstant(at), nil); err != nil || !got.Equal(at) || FormatInstant(got) != FormatInstant(at) {
			t.Fatalf("want %s, got %s %v", at, got, err)
		}
		d := DateOf(at)
		days := rapid.IntRange(-1000, 1000).Draw(t, "days")
		if e, err := d.AddDays(days); err == nil && d.DaysUntil(e) != days {
			t.Fatalf("%s + %d = %s", d, days, e)
		}
		length := time.Duration(rapid.Int64().Draw(t, "duration")).Abs()
		if length < 0 {
			return
		}
		if got, err := ParseDuration(FormatDuration(length)); err != nil || got != length {
			t.Fatalf("%d: %s, then %d %v", length, FormatDuration(length), got, err)
		}
	})
}

func FuzzPattern(f *testing.F) {
	f.Add("yyyy-MM-dd'T'HH:mm:ss.SSSxxx", "2026-03-05T07:08:09.120Z")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		_, _ = ParseInstant(text, time.UTC)
		_, _ = ParseDuration(text)
		p, err := Compile(pattern)
		if err != nil {
			return
		}
		at, err := p.ParseInstant(text, time.UTC)
		if err != nil {
			return
		}
		if y := at.Year(); y < 1 || y > 9999 {
			t.Fatalf("%q by %q: year %d", text, pattern, y)
		}
	})
}
