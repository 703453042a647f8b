package fix

import (
	"fmt"
	"strings"
)

// Diff returns what changes in a file, line by line, as patch reads it, without
// lines around. It is made for mends: lines that change or are deleted.
func Diff(name string, was, is []byte) string {
	a, b := lines(was), lines(is)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", name, name)
	for i, j := 0, 0; i < len(a) || j < len(b); {
		if i < len(a) && j < len(b) && a[i] == b[j] {
			i, j = i+1, j+1
			continue
		}
		gone, come := apart(a[i:], b[j:])
		fmt.Fprintf(&out, "@@ -%s +%s @@\n", span(i, gone), span(j, come))
		for _, text := range a[i : i+gone] {
			out.WriteString("-" + text + "\n")
		}
		for _, text := range b[j : j+come] {
			out.WriteString("+" + text + "\n")
		}
		i, j = i+gone, j+come
	}
	return out.String()
}

// apart returns how many lines of each differ until they are alike again.
func apart(a, b []string) (gone, come int) {
	for n := 1; n <= len(a)+len(b); n++ {
		for come = 0; come <= n; come++ {
			gone = n - come
			if gone <= len(a) && come <= len(b) && alike(a[gone:], b[come:]) {
				return gone, come
			}
		}
	}
	return len(a), len(b)
}

func alike(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return a[0] == b[0]
}

// span writes where lines begin and how many they are; of none, what is before.
func span(at, n int) string {
	if n == 0 {
		return fmt.Sprintf("%d,0", at)
	}
	return fmt.Sprintf("%d,%d", at+1, n)
}
