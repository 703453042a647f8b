package formula

import (
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"
)

// Secret is a value that no output shows. A secret joined with anything is a
// secret; only digests and hmac of a secret are plain values.
type Secret struct{ in *hidden }

type hidden struct {
	name  string
	value any // string or []byte
}

const masked = "***"

// NewSecret makes value, a string or bytes, opaque. The name says in logs
// which secret it is (for example its reference); it may be empty. A value
// that is a secret already stays as it is.
func NewSecret(name string, value any) (Secret, error) {
	switch v := value.(type) {
	case Secret:
		return v, nil
	case string, []byte:
		return Secret{&hidden{name, v}}, nil
	case Node:
		return Secret{&hidden{name, v.Source()}}, nil
	}
	return Secret{}, fmt.Errorf("secret of a %s", KindOf(value))
}

// Name returns the name given when the secret was made.
func (s Secret) Name() string {
	if s.in == nil {
		return ""
	}
	return s.in.name
}

// Reveal returns the value as text. Only what writes requests, signs or
// deciphers may call it.
func (s Secret) Reveal() string {
	if s.in == nil {
		return ""
	}
	if b, ok := s.in.value.([]byte); ok {
		return string(b)
	}
	return s.in.value.(string)
}

// RevealBytes returns the value as bytes; see Reveal.
func (s Secret) RevealBytes() []byte {
	if s.in == nil {
		return nil
	}
	if b, ok := s.in.value.([]byte); ok {
		return b
	}
	return []byte(s.in.value.(string))
}

func (s Secret) plain() any {
	if s.in == nil {
		return ""
	}
	return s.in.value
}

// joined returns the value as it is joined with texts: stores hold bytes, and
// those that are UTF-8 are a text.
func (s Secret) joined() any {
	v := s.plain()
	if b, ok := v.([]byte); ok && utf8.Valid(b) {
		return string(b)
	}
	return v
}

// String returns three asterisks.
func (s Secret) String() string { return masked }

// GoString returns three asterisks.
func (s Secret) GoString() string { return masked }

// Format writes three asterisks for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, masked) }

// MarshalText returns three asterisks.
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// MarshalJSON returns three asterisks as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + masked + `"`), nil }

// LogValue returns three asterisks.
func (s Secret) LogValue() slog.Value { return slog.StringValue(masked) }
