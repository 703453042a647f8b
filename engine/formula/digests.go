package formula

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/internal/decimal"
)

var hashes = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}

var hashNames = []string{"sha1", "sha256", "sha384", "sha512"}

func digest(name string) *function {
	return &function{min: 1, max: 1, args: []want{wantBytes}, names: []string{"b"}, result: Bytes.Required(), secrets: digestPlain, call: func(k *call, args []any) (any, error) {
		b := bytesOf(args[0])
		if err := k.tick(len(b) / 64); err != nil {
			return nil, err
		}
		h := hashes[name]()
		h.Write(b)
		return h.Sum(nil), nil
	}}
}

var digestFunctions = map[string]*function{
	"sha1": digest("sha1"), "sha256": digest("sha256"), "sha384": digest("sha384"), "sha512": digest("sha512"),
	"hmac": {min: 3, max: 3, args: []want{wantText, wantBytes, wantBytes}, names: []string{"method", "secret", "b"}, result: Bytes.Required(), secrets: digestPlain, call: keyedDigest, prepare: oneOf(0, hashNames...)},
	"crc":  {min: 3, max: 4, args: []want{wantBytes, wantText | wantNumber, wantNumber, wantText | wantNumber}, names: []string{"b", "poly", "width", "start"}, result: Bytes.Required(), call: crc},
	"weightedSum": {min: 2, max: 3, args: []want{wantText, wantList, wantText}, names: []string{"t", "weights", "values"}, result: Integer.Required(), call: weightedSum,
		prepare: oneOf(2, "digit", "base36", "ascii48")},
	"mod97": {min: 1, max: 1, args: []want{wantText}, names: []string{"t"}, result: Integer.Required(), call: mod97},
	"luhn":  {min: 1, max: 1, args: []want{wantText}, names: []string{"t"}, result: Integer.Required(), call: luhn},
}

func keyedDigest(k *call, args []any) (any, error) {
	method, ok := hashes[args[0].(string)]
	if !ok {
		return nil, k.value("no method %q", short(args[0].(string)))
	}
	b := bytesOf(args[2])
	if err := k.tick(len(b) / 64); err != nil {
		return nil, err
	}
	h := hmac.New(method, bytesOf(args[1]))
	h.Write(b)
	return h.Sum(nil), nil
}

// crc is the cyclic redundancy check of that polynomial (hex digits or a
// number, without the top bit) and width (8, 16, 24 or 32 bits): most
// significant bit first, nothing reflected, nothing done at the end. The
// register starts at 0 or, with a fourth argument, at that value. The result
// has width bits, as bytes.
func crc(k *call, args []any) (any, error) {
	width, err := k.f.integer(k.from, args[2])
	if err != nil || width != 8 && width != 16 && width != 24 && width != 32 {
		return nil, orValue(err, k, "width is 8, 16, 24 or 32")
	}
	poly, ok := bits(args[1], width)
	r, started := uint64(0), true
	if v := argument(args, 3); v != nil {
		r, started = bits(v, width)
	}
	if !ok || !started {
		return nil, k.value("polynomial and start are numbers of %d bits", width)
	}
	b := bytesOf(args[0])
	if err := k.tick(len(b) / 16); err != nil {
		return nil, err
	}
	r = remainder(b, r, poly, width)
	out := make([]byte, width/8)
	for i := range out {
		out[i] = byte(r >> (width - 8 - 8*i))
	}
	return out, nil
}

func remainder(b []byte, r, poly uint64, width int) uint64 {
	top, all := uint64(1)<<(width-1), uint64(1)<<width-1
	for _, c := range b {
		r ^= uint64(c) << (width - 8)
		for range 8 {
			if r&top != 0 {
				r = r<<1 ^ poly
			} else {
				r <<= 1
			}
		}
		r &= all
	}
	return r
}

// bits reads a number of at most width bits.
func bits(v any, width int) (n uint64, ok bool) {
	switch v := v.(type) {
	case string:
		p, err := strconv.ParseUint(strings.TrimPrefix(v, "0x"), 16, 32)
		n, ok = p, err == nil
	case decimal.Decimal:
		i, fits := v.Int64()
		n, ok = uint64(i), fits && i >= 0
	}
	return n, ok && n>>width == 0
}

// weightedSum adds the value of each character times its weight. The weights
// begin at the last character and repeat.
func weightedSum(k *call, args []any) (any, error) {
	t, list := args[0].(string), args[1].([]any)
	values := "digit"
	if v, ok := argument(args, 2).(string); ok {
		values = v
	}
	weights := make([]int64, len(list))
	for i, w := range list {
		n, err := k.f.integer(k.from, plain(w))
		if err != nil || n > 1<<20 || n < -1<<20 {
			return nil, orValue(err, k, "weight %d is too large", n)
		}
		weights[i] = int64(n)
	}
	if len(weights) == 0 {
		return nil, k.value("no weights")
	}
	sum := int64(0)
	for i := range len(t) {
		c := t[len(t)-1-i]
		n, ok := characterValue(c, values)
		if !ok {
			return nil, k.value("character %q has no value by %q", c, short(values))
		}
		sum += n * weights[i%len(weights)]
	}
	return decimal.FromInt(sum), nil
}

func characterValue(c byte, by string) (int64, bool) {
	digit, letter := c >= '0' && c <= '9', c >= 'A' && c <= 'Z'
	switch {
	case by == "ascii48" && (digit || letter), by == "digit" && digit, by == "base36" && digit:
		return int64(c) - '0', true
	case by == "base36" && letter:
		return int64(c) - 'A' + 10, true
	}
	return 0, false
}

// mod97 is the remainder by 97 of the number made of the digits of t, where a
// letter A to Z stands for 10 to 35.
// Source: ISO/IEC 7064, MOD 97-10.
func mod97(k *call, args []any) (any, error) {
	t, rest := args[0].(string), int64(0)
	if t == "" {
		return nil, k.value("empty text")
	}
	for i := range len(t) {
		n, ok := characterValue(t[i], "base36")
		if !ok {
			return nil, k.value("character %q is no digit or capital letter", t[i])
		}
		if n > 9 {
			rest *= 10
		}
		rest = (rest*10 + n) % 97
	}
	return decimal.FromInt(rest), nil
}

// luhn is the sum of the digits of t modulo 10, every second one from the
// right doubled and its digits added: 0 if the last digit is the check digit.
// Source: ISO/IEC 7812-1, annex B.
func luhn(k *call, args []any) (any, error) {
	t, sum := args[0].(string), int64(0)
	if t == "" {
		return nil, k.value("empty text")
	}
	for i := range len(t) {
		n, ok := characterValue(t[len(t)-1-i], "digit")
		if !ok {
			return nil, k.value("character %q is no digit", t[len(t)-1-i])
		}
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return decimal.FromInt(sum % 10), nil
}
