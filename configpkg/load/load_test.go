package load

import (
	"os"
	"testing"
)

func TestBase(t *testing.T) {
	b, problems := LoadAll(os.DirFS("testdata/base"), testRegistry(), nil)
	if b == nil || len(problems) > 0 {
		t.Fatal(show(problems))
	}
}
