package xsd_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	other "github.com/jacoelho/xsd"

	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xsd"
)

// third compiles a schema with an independent processor; an error means that it refuses it.
func third(body string) (*other.Engine, error) {
	src, err := inline(body).Read("a.xsd")
	if err != nil {
		return nil, err
	}
	return other.Compile(other.Bytes("a.xsd", src))
}

// TestOracleFaults lets a third processor judge where libxml2 is known to be wrong.
func TestOracleFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typ, value string
		valid      bool
	}{
		{"integer", "123456789012345678901234567890123456789012345678", true}, // serial numbers of certificates
		{"decimal", strings.Repeat("7", 80), true},
		{"decimal", "0." + strings.Repeat("7", 80), true},
		{"base64Binary", "###not-valid###", false},
		{"base64Binary", "QUI=", true},
	} {
		body := `<xs:element name="a" type="xs:` + c.typ + `"/>`
		e, err := third(body)
		if err != nil {
			t.Fatal(err)
		}
		doc := "<a>" + c.value + "</a>"
		theirs := e.Validate(strings.NewReader(strings.Replace(doc, "<a", `<a xmlns="urn:t"`, 1))) == nil
		if ours := rules(t, compileInline(t, body), doc) == ""; ours != c.valid || theirs != c.valid {
			t.Errorf("%s %s: want %v, ours %v, a third processor %v", c.typ, c.value, c.valid, ours, theirs)
		}
	}
}

// model writes a random content model.
func model(r *rand.Rand, depth int) string {
	occurs := []string{"", "", "", ` minOccurs="0"`, ` maxOccurs="unbounded"`, ` minOccurs="0" maxOccurs="unbounded"`, ` maxOccurs="2"`, ` minOccurs="2" maxOccurs="4"`, ` minOccurs="0" maxOccurs="3"`}[r.IntN(9)]
	switch k := r.IntN(6); {
	case depth == 0 || k < 3:
		return fmt.Sprintf(`<xs:element name="%c"%s/>`, 'b'+rune(r.IntN(6)), occurs)
	case k == 3:
		return `<xs:choice` + occurs + `>` + model(r, depth-1) + model(r, depth-1) + `</xs:choice>`
	}
	out := `<xs:sequence` + occurs + `>`
	for range 1 + r.IntN(3) {
		out += model(r, depth-1)
	}
	return out + `</xs:sequence>`
}

// word makes children at random that often fit: names in the order of the model, repeated.
func word(r *rand.Rand, model string) string {
	out := ""
	for i := 0; i < len(model); i++ {
		if strings.HasPrefix(model[i:], `name="`) && r.IntN(5) > 0 {
			out += strings.Repeat("<"+model[i+6:i+7]+"/>", []int{1, 1, 1, 2, 3}[r.IntN(5)])
		}
	}
	if r.IntN(4) == 0 {
		out += out
	}
	return out
}

// TestModelsAgainstThird compares random content models with a third processor,
// those that it accepts (the others are ambiguous or too large for it).
func TestModelsAgainstThird(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	models, words, valid := 0, 0, 0
	for range 1500 {
		m := model(r, 3)
		body := `<xs:element name="a"><xs:complexType><xs:sequence>` + m + `</xs:sequence></xs:complexType></xs:element>`
		e, err := third(body)
		if err != nil {
			continue
		}
		models++
		s, probs := xsd.Compile(inline(body), &xmltree.Names{}, "a.xsd")
		if probs.Grave() {
			t.Fatalf("%s: %v", m, probs)
		}
		for range 12 {
			w := word(r, m)
			theirs := e.Validate(strings.NewReader(`<a xmlns="urn:t">`+w+`</a>`)) == nil
			words++
			if theirs {
				valid++
			}
			if ours := rules(t, s, "<a>"+w+"</a>") == ""; ours != theirs {
				t.Errorf("%s\n on %s: ours %v, a third processor %v", m, w, ours, theirs)
			}
		}
	}
	t.Logf("%d models, %d words, %d valid", models, words, valid)
	if models < 300 {
		t.Errorf("only %d models were compared", models)
	}
}
