package load

import (
	"os"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/loadtest"
)

func TestBase(t *testing.T) {
	b, problems := LoadAll(os.DirFS("testdata/base"), loadtest.Registry(), nil)
	if b == nil || len(problems) > 0 {
		t.Fatal(show(problems))
	}
}
