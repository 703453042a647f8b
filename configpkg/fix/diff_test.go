package fix

import "testing"

func TestDiff(t *testing.T) {
	t.Parallel()
	got := Diff("a.yaml", []byte("a\nb\nc\nd\ne\n"), []byte("a\nB\nc\ne\n"))
	if want := "--- a.yaml\n+++ a.yaml\n@@ -2,1 +2,1 @@\n-b\n+B\n@@ -4,1 +3,0 @@\n-d\n"; got != want {
		t.Errorf("want\n%s\ngot\n%s", want, got)
	}
}
