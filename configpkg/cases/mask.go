package cases

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine/casetest"
)

// tries is how often another text is looked for that keeps the rules as they
// are, such as a tax id with right check digits.
const tries = 400

// Masked is a copy of a document that no longer says whose it was.
type Masked struct {
	Document []byte
	Changed  []string // paths that were masked
	Kept     []string // paths of texts that are as they were: no other one keeps the rules as they are
}

// Mask replaces the texts of a document, letters by letters and digits by
// digits, so that every rule of the package does what it did: holds, fails or
// is not asked. Dates, numbers and words of the schema (codes of one word in
// capital letters or digits of up to four) stay, and so does what is named
// under keep. The same document gives the same copy.
func Mask(b *load.Bundle, t *casetest.Test, data []byte, keep []string) (*Masked, error) {
	doc, err := parse(data)
	if err != nil {
		return nil, err
	}
	j, err := newJudge(b, t)
	if err != nil {
		return nil, err
	}
	want, ok := j.all(b, doc.write())
	if !ok {
		return nil, fmt.Errorf("the document cannot be read")
	}
	m := &Masked{}
	var paths [][]string
	doc.leaves(nil, func(p []string, n *node) {
		if s, text := n.value.(string); text && personal(s) && !slices.Contains(keep, strings.Join(p, ".")) {
			paths = append(paths, p)
		}
	})
	same := map[string]string{} // a text that stands twice is masked alike
	for _, p := range paths {
		name := strings.Join(p, ".")
		old := doc.at(p).value.(string)
		next, found := same[old], false
		if next != "" {
			if got, ok := j.all(b, doc.with(p, text(next)).write()); ok && maps.Equal(got, want) {
				doc, found = doc.with(p, text(next)), true
			}
		}
		for i := 0; i < tries && !found; i++ {
			next = masked(old, uint64(i))
			if got, ok := j.all(b, doc.with(p, text(next)).write()); ok && maps.Equal(got, want) && next != old {
				doc, found = doc.with(p, text(next)), true
				same[old] = next
			}
		}
		if found {
			m.Changed = append(m.Changed, name)
		} else {
			m.Kept = append(m.Kept, name)
		}
	}
	m.Document = doc.write()
	return m, nil
}

var code = regexp.MustCompile(`^([A-Z]{1,4}|[0-9]{1,4}|[a-z]+[A-Za-z]*|[0-9]{4}-[0-9]{2}-[0-9]{2}.*|-?[0-9]{1,12}\.[0-9]+)$`)

// personal reports whether a text may say whose a document is.
func personal(s string) bool { return s != "" && !code.MatchString(s) }

// masked writes other letters and digits in the place of those of a text.
func masked(s string, salt uint64) string {
	var seed [8]byte
	binary.BigEndian.PutUint64(seed[:], salt)
	sum := sha256.Sum256(append(seed[:], s...))
	out, i := []rune(s), 0
	for k, r := range out {
		if i++; i%len(sum) == 0 {
			sum = sha256.Sum256(sum[:])
		}
		x := rune(sum[i%len(sum)])
		switch {
		case unicode.IsDigit(r):
			out[k] = '0' + x%10
		case unicode.IsUpper(r):
			out[k] = 'A' + x%26
		case unicode.IsLetter(r):
			out[k] = 'a' + x%26
		}
	}
	return string(out)
}

// all says of every rule of the package what it does with a document: absent,
// holds or fails. Rule sets with inputs are not asked.
func (j *judge) all(b *load.Bundle, data []byte) (map[string]bool, bool) {
	out := map[string]bool{}
	for _, file := range slices.Sorted(maps.Keys(b.Package.Rules)) {
		rs := b.Package.Rules[file]
		if len(rs.Inputs) > 0 || len(rs.Checks) == 0 {
			continue
		}
		v := j.judge(rs, &rs.Checks[0], data)
		if !v.readable {
			return nil, false
		}
		for i := range rs.Checks {
			if failed, asked := v.asked[rs.Checks[i].Assert.Pos()]; asked {
				out[file+"#"+rs.Checks[i].ID] = failed
			}
		}
	}
	return out, true
}
