package keys

// Some tools export PKCS#12 in BER with indefinite lengths and strings cut in
// pieces, which the DER reader refuses. definite writes the same value in DER.
// Source: X.690, clauses 8.1.3.6 and 8.7.3.

const maxDepth = 64

// hasIndefinite reports whether the outermost length is indefinite.
func hasIndefinite(b []byte) bool { return len(b) > 1 && b[1] == 0x80 }

func definite(ber []byte) ([]byte, bool) {
	out, rest, ok := berValue(ber, 0)
	return out, ok && len(rest) == 0
}

// berValue rewrites the first value of b and returns it with what follows.
func berValue(b []byte, depth int) (der, rest []byte, ok bool) {
	tag, b, ok := berTag(b)
	if !ok || depth > maxDepth {
		return nil, nil, false
	}
	content, rest, indefinite, ok := berContent(b)
	if !ok {
		return nil, nil, false
	}
	if tag[0]&0x20 == 0 {
		if indefinite {
			return nil, nil, false
		}
		return berJoin(tag, content), rest, true
	}
	pieces := tag[0] == 0x24 // constructed OCTET STRING
	var body []byte
	for {
		if indefinite && len(content) >= 2 && content[0] == 0 && content[1] == 0 {
			rest = content[2:]
			break
		}
		if len(content) == 0 {
			if indefinite {
				return nil, nil, false
			}
			break
		}
		var child []byte
		if child, content, ok = berValue(content, depth+1); !ok {
			return nil, nil, false
		}
		if pieces {
			if child, ok = octets(child); !ok {
				return nil, nil, false
			}
		}
		body = append(body, child...)
	}
	if pieces {
		tag = []byte{0x04}
	}
	return berJoin(tag, body), rest, true
}

func berTag(b []byte) (tag, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	n := 1
	if b[0]&0x1f == 0x1f {
		for n < len(b) && b[n]&0x80 != 0 {
			n++
		}
		n++
	}
	if n > len(b) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

// berContent reads a length. Of an indefinite one, content is all that
// follows and rest is empty.
func berContent(b []byte) (content, rest []byte, indefinite, ok bool) {
	if len(b) == 0 {
		return nil, nil, false, false
	}
	n, b := int(b[0]), b[1:]
	switch {
	case n == 0x80:
		return b, nil, true, true
	case n > 0x84:
		return nil, nil, false, false
	case n > 0x80:
		size := n - 0x80
		if len(b) < size {
			return nil, nil, false, false
		}
		n = 0
		for _, x := range b[:size] {
			n = n<<8 | int(x)
		}
		b = b[size:]
	}
	if n > len(b) {
		return nil, nil, false, false
	}
	return b[:n], b[n:], false, true
}

// octets returns the content of a primitive OCTET STRING in DER.
func octets(der []byte) ([]byte, bool) {
	if len(der) < 2 || der[0] != 0x04 {
		return nil, false
	}
	content, _, _, ok := berContent(der[1:])
	return content, ok
}

func berJoin(tag, content []byte) []byte {
	out := append([]byte(nil), tag...)
	n := len(content)
	switch {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 1<<8:
		out = append(out, 0x81, byte(n))
	case n < 1<<16:
		out = append(out, 0x82, byte(n>>8), byte(n))
	case n < 1<<24:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	default:
		out = append(out, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, content...)
}
