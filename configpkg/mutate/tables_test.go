package mutate

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A table loses a row, and each of its cells is changed, but for those that
// are written for people; of a long one the rows are spread.
func TestTableMutants(t *testing.T) {
	t.Parallel()
	long := "code,rate\n" + strings.Repeat("A,1\n", 100)
	files := fstest.MapFS{
		"tables/a.csv": {Data: []byte("# list\ncode,class,hint\n\"1,0\",done,go on\n2,,\n")}, "tables/long.csv": {Data: []byte(long)}, "tables/empty.csv": {Data: []byte("code\n")}}
	all, err := TableMutants(files)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	rows := 0
	for _, m := range all {
		switch {
		case m.file == "tables/a.csv":
			data, _ := fs.ReadFile(m.changed(files), m.file)
			got = append(got, m.ID+"|"+m.Pos.String()+"|"+string(data))
		case m.Operator == DropRow:
			rows++
		}
	}
	want := []string{
		"tables/a.csv#1 1,0 drop-row|tables/a.csv:3:1|code,class,hint\n2,,\n",
		"tables/a.csv#1 1,0/code cell|tables/a.csv:3:1|code,class,hint\n\"1,0x\",done,go on\n2,,\n",
		"tables/a.csv#1 1,0/class cell|tables/a.csv:3:1|code,class,hint\n\"1,0\",donex,go on\n2,,\n",
		"tables/a.csv#2 2 drop-row|tables/a.csv:4:1|code,class,hint\n\"1,0\",done,go on\n",
		"tables/a.csv#2 2/code cell|tables/a.csv:4:1|code,class,hint\n\"1,0\",done,go on\n3,,\n",
	}
	if !slices.Equal(got, want) {
		t.Errorf("want %q\ngot  %q", want, got)
	}
	if rows != maxRows {
		t.Errorf("%d rows of a long table, want %d", rows, maxRows)
	}
}
