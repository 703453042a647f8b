// Package sharedtest finds the shared folder of official artifacts and corpora
// for tests. Those files are other people's work and are never committed: a
// test that needs them asks Root, and is skipped aloud when they are absent.
package sharedtest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Root returns the shared folder: the one FISCUS_SHARED names, else "../shared"
// beside the repository. It skips the test when there is none, and fails it
// when there is one that cannot be read.
func Root(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("FISCUS_SHARED")
	if dir == "" {
		dir = filepath.Join(filepath.Dir(repository(t)), "shared")
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no shared folder at %s: set FISCUS_SHARED to run this test", dir)
	}
	if _, err := os.ReadDir(dir); err != nil {
		t.Fatalf("shared folder is there but unreadable: %v", err)
	}
	return dir
}

// Path returns the path of a file or folder of the shared folder. The test
// fails when the shared folder is there and the file is not.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	p := filepath.Join(append([]string{Root(t)}, elem...)...)
	if _, err := os.Stat(p); err != nil {
		t.Fatalf("shared file: %v", err)
	}
	return p
}

// Read returns the bytes of a file of the shared folder.
func Read(t testing.TB, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(Path(t, elem...))
	if err != nil {
		t.Fatalf("shared file: %v", err)
	}
	return b
}

// Full reports whether heavy tests run whole (FISCUS_FULL=1) instead of on a sample.
func Full() bool { return os.Getenv("FISCUS_FULL") == "1" }

// Oracle returns the path of a program that judges independently of our code.
// When it is absent the test is skipped aloud, or fails if FISCUS_ORACLES=required.
func Oracle(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if os.Getenv("FISCUS_ORACLES") == "required" {
		t.Fatalf("%s is required as oracle: %v", program, err)
	}
	t.Skipf("%s is not installed: nothing is compared with it", program)
	return ""
}

// repository returns the folder that holds go.mod.
func repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}
