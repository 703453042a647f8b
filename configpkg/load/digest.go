package load

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// digest returns the digest of the package's files: "h1:" and, in base64, the
// SHA-256 over a line for each file, sorted by path, as the Go module hash
// does it: the file's SHA-256 in hex, two blanks, the path, a line feed.
//
// The digest of a package that imports others is over theirs too: a line with
// the digest of its own files, and one for each import.
func (l *loader) digest() string {
	if d, ok := l.mounts.FS.(Derived); ok {
		return l.withImports(d.Digest())
	}
	d, err := Digest(l.files, slices.DeleteFunc(slices.Clone(l.all), func(name string) bool { return l.importedBy(name) != "" }))
	if err != nil {
		l.fault(diag.Pos{}, RuleFile, "", "digest of the package: %v", err)
	}
	return l.withImports(d)
}

func (l *loader) withImports(d string) string {
	if len(l.pkg.Imports) == 0 {
		return d
	}
	all := sha256.New()
	fmt.Fprintf(all, "%s\n", d)
	for _, x := range l.pkg.Imports {
		fmt.Fprintf(all, "%s  %s %s@%s\n", x.Digest, x.Alias, x.Package, x.Version)
	}
	return "h1:" + base64.StdEncoding.EncodeToString(all.Sum(nil))
}

// Digest returns the h1 digest of files of a package.
func Digest(files fs.FS, names []string) (string, error) {
	names = slices.Sorted(slices.Values(names))
	all := sha256.New()
	for _, name := range names {
		if strings.Contains(name, "\n") {
			return "", fmt.Errorf("file name %q with a line break", name)
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(all, "%x  %s\n", sha256.Sum256(data), name)
	}
	return "h1:" + base64.StdEncoding.EncodeToString(all.Sum(nil)), nil
}

// DigestOf returns the h1 digest of all files of a package, as Load tells it,
// without reading what they say.
func DigestOf(files fs.FS) (string, error) {
	if d, ok := files.(Derived); ok {
		return d.Digest(), nil
	}
	l := newLoader(files, nil, nil)
	if err := l.walk(); err != nil {
		return "", err
	}
	return Digest(files, l.all)
}

// ValidID reports whether a text is the id of a package: xx/name.
func ValidID(id string) bool { return packageID.MatchString(id) }

// ValidVersion reports whether a text is a version: numbers with dots between.
func ValidVersion(v string) bool { return versionForm.MatchString(v) }

// Files returns the names of the files that belong to a package, sorted.
func Files(files fs.FS) ([]string, error) {
	l := newLoader(files, nil, nil)
	err := l.walk()
	return l.all, err
}
