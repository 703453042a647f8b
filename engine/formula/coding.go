package formula

import (
	"bytes"
	"crypto/x509"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"golang.org/x/text/encoding/charmap"
)

// encoder is a function from bytes to a text that is at most factor times as
// long.
func encoder(factor int, do func([]byte) string) *function {
	return &function{min: 1, max: 1, args: []want{wantBytes}, names: []string{"b"}, result: String.Required(), secrets: staySecret, call: func(k *call, args []any) (any, error) {
		b := bytesOf(args[0])
		if err := k.build(factor*len(b) + 4); err != nil {
			return nil, err
		}
		return do(b), nil
	}}
}

func decoder(do func(string) ([]byte, error)) *function {
	return &function{min: 1, max: 1, args: []want{wantText | wantBytes}, names: []string{"t"}, result: Bytes.Required(), secrets: staySecret, call: func(k *call, args []any) (any, error) {
		b := bytesOf(args[0])
		if err := k.build(2 * len(b)); err != nil {
			return nil, err
		}
		return do(string(b))
	}}
}

var codingFunctions = map[string]*function{
	"base64":    encoder(2, base64.StdEncoding.EncodeToString),
	"base64url": encoder(2, base64.RawURLEncoding.EncodeToString),
	"unbase64":  decoder(unbase64),
	"hex":       encoder(2, hex.EncodeToString),
	"unhex":     decoder(func(t string) ([]byte, error) { return hex.DecodeString(strings.Join(strings.Fields(t), "")) }),
	"base32":    {min: 1, max: 2, args: []want{wantBytes, wantText}, names: []string{"b", "case"}, result: String.Required(), secrets: staySecret, call: toBase32, prepare: oneOf(1, "upper", "lower")},
	"base":      {min: 2, max: 2, args: []want{wantNumber, wantNumber}, names: []string{"n", "base"}, result: String.Required(), call: base},
	"text":      {min: 1, max: 2, args: []want{kinds(BytesKind, TreeKind), wantText}, names: []string{"bytes", "charset"}, result: String.Required(), secrets: staySecret, call: toText, prepare: oneOf(1, charsetNames...)},
	"bytes":     {min: 1, max: 1, args: []want{wantBytes}, names: []string{"text"}, result: Bytes.Required(), secrets: staySecret, call: toBytes},
	"size": {min: 1, max: 1, args: []want{wantBytes}, names: []string{"b"}, result: Integer.Required(), call: func(_ *call, args []any) (any, error) {
		if t, ok := args[0].(string); ok {
			return decimal.FromInt(int64(len(t))), nil
		}
		return decimal.FromInt(int64(len(bytesOf(args[0])))), nil
	}},
	"pem": {min: 1, max: 2, args: []want{wantBytes, wantText}, names: []string{"b", "label"}, result: Bytes.Required(), secrets: staySecret, call: toPEM},
	"tlv": {min: 1, max: 1, args: []want{wantList}, names: []string{"fields"}, result: Bytes.Required(), call: tlv},
}

// unbase64 reads base64 in either alphabet, padded or not, blanks between.
func unbase64(t string) ([]byte, error) {
	t = strings.TrimRight(strings.Join(strings.Fields(t), ""), "=")
	if strings.ContainsAny(t, "-_") {
		return base64.RawURLEncoding.DecodeString(t)
	}
	return base64.RawStdEncoding.DecodeString(t)
}

func toBase32(k *call, args []any) (any, error) {
	b := bytesOf(args[0])
	if err := k.build(2*len(b) + 8); err != nil {
		return nil, err
	}
	t := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
	switch c := argument(args, 1); c {
	case nil, "upper":
		return t, nil
	case "lower":
		return strings.ToLower(t), nil
	default:
		return nil, k.value("case %q", short(c.(string)))
	}
}

var charsets = map[string]*charmap.Charmap{
	"iso-8859-1": charmap.ISO8859_1, "iso-8859-2": charmap.ISO8859_2, "iso-8859-15": charmap.ISO8859_15, "windows-1250": charmap.Windows1250, "windows-1252": charmap.Windows1252,
}

var charsetNames = []string{"utf-8", "ascii", "iso-8859-1", "iso-8859-2", "iso-8859-15", "windows-1250", "windows-1252"}

// toText reads bytes as text; what the character set does not have is an error.
func toText(k *call, args []any) (any, error) {
	b := bytesOf(args[0])
	if err := k.build(3 * len(b)); err != nil {
		return nil, err
	}
	name := "utf-8"
	if c, ok := argument(args, 1).(string); ok {
		name = strings.ToLower(c)
	}
	switch name {
	case "utf-8", "ascii":
		b = bytes.TrimPrefix(b, []byte("\ufeff"))
		if !utf8.Valid(b) || name == "ascii" && bytes.ContainsFunc(b, func(r rune) bool { return r >= utf8.RuneSelf }) {
			return nil, k.value("bytes are no %s", name)
		}
		return string(b), nil
	}
	set, ok := charsets[name]
	if !ok {
		return nil, k.value("no character set %q", short(name))
	}
	out, err := set.NewDecoder().Bytes(b)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
		return nil, orValue(err, k, "bytes are no %s", name)
	}
	return string(out), nil
}

func toBytes(k *call, args []any) (any, error) {
	b := bytesOf(args[0])
	return b, k.build(len(b))
}

// toPEM wraps DER in PEM lines; without a label it finds out whether it is a
// certificate, a request or a public key.
func toPEM(k *call, args []any) (any, error) {
	b := bytesOf(args[0])
	if err := k.build(2*len(b) + 80); err != nil {
		return nil, err
	}
	label, ok := argument(args, 1).(string)
	if !ok {
		if label = derLabel(b); label == "" {
			return nil, k.value("bytes are no certificate, request or public key")
		}
	}
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: b}), nil
}

func derLabel(b []byte) string {
	if _, err := x509.ParseCertificate(b); err == nil {
		return "CERTIFICATE"
	}
	if _, err := x509.ParseCertificateRequest(b); err == nil {
		return "CERTIFICATE REQUEST"
	}
	if _, err := x509.ParsePKIXPublicKey(b); err == nil {
		return "PUBLIC KEY"
	}
	return ""
}

// tlv writes [[tag, value], ...] as tag, length and value; tag and length are
// one byte each, so a value has at most 255 bytes.
func tlv(k *call, args []any) (any, error) {
	var out []byte
	for _, m := range args[0].([]any) {
		pair, ok := plain(m).([]any)
		if !ok || len(pair) != 2 {
			return nil, k.value("needs pairs of tag and value")
		}
		tag, err := k.f.integer(k.from, plain(pair[0]))
		if err != nil || tag < 0 || tag > 255 {
			return nil, orValue(err, k, "tag %d is no byte", tag)
		}
		value, err := k.tlvValue(pair[1])
		if err != nil {
			return nil, err
		}
		if err := k.build(len(value) + 6); err != nil {
			return nil, err
		}
		if len(value) > 255 {
			return nil, k.value("value of tag %d has %d bytes; at most 255", tag, len(value))
		}
		out = append(out, byte(tag), byte(len(value)))
		out = append(out, value...)
	}
	return out, nil
}

func (k *call) tlvValue(v any) ([]byte, error) {
	switch v := plain(v).(type) {
	case nil:
		return nil, k.fail(RuleAbsent, "a value of tlv is absent")
	case string, []byte, Node:
		return bytesOf(v), nil
	case Secret:
		return nil, k.fail(RuleRunType, "tlv takes no secret")
	default:
		t, err := FormatText(v)
		return []byte(t), err
	}
}
