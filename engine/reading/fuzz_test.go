package reading

import (
	"testing"

	"github.com/fiscus-project/fiscus/engine/formula"
)

// Whatever comes in is rows or an error; the cells of a row are its line.
func FuzzRows(f *testing.F) {
	f.Add([]byte("a;b\n1;\"x\ny\"\n"), true)
	f.Add([]byte("\xef\xbb\xbfab\r\nc\r\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, separated bool) {
		r := &Reading{Format: Fixed, Rows: Rows{Columns: []Column{{"a", 2}, {"b", 3}}}}
		if separated {
			r = &Reading{Format: CSV, Rows: Rows{Separator: ';', Header: true}}
		}
		s, err := r.Open("f", data)
		if err != nil {
			return
		}
		for _, n := range s.start {
			line := ""
			for i, c := range n.(*cell).cells {
				if separated && i > 0 {
					line += ";"
				}
				if line += c.Text(); c.pos.Line < 1 || c.pos.Column < 1 {
					t.Fatalf("a cell at %v", c.pos)
				}
			}
			if line != n.Text() {
				t.Fatalf("want %q, got %q", n.Text(), line)
			}
		}
	})
}

// The digits of a number are those that came in.
func TestNumbersKeepTheirDigits(t *testing.T) {
	for text, want := range map[string]string{"1.10": "1.10", "007": "7", "1.234,50": "1234.50", "-3,0": "-3.0"} {
		point := "."
		if text != "1.10" && text != "007" {
			point = ","
		}
		v, err := (*As)(nil).value(text, formula.Number, point)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := formula.FormatText(v); got != want {
			t.Errorf("%s: want %s, got %s", text, want, got)
		}
	}
}
