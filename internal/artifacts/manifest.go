package artifacts

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Manifest describes one version of a bundle. It never changes once stored.
type Manifest struct {
	ID              string `json:"id"`
	Version         string `json:"version,omitempty"`
	Source          string `json:"source,omitempty"`    // where it comes from
	Licence         string `json:"licence,omitempty"`   // as the source says
	Redistributable bool   `json:"redistributable"`     // may be passed on; false unless somebody said so
	ValidFrom       string `json:"validFrom,omitempty"` // first day it applies, 2006-01-02
	ValidTo         string `json:"validTo,omitempty"`   // last day it applies
	StandIn         bool   `json:"standIn,omitempty"`   // not official: never makes a document valid
	Digest          string `json:"digest"`              // h1: over path and sha256 of each file
	Files           []File `json:"files"`
}

// File is a file of a bundle.
type File struct {
	Path   string `json:"path"` // with slashes, relative to the bundle
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// digest computes the digest of the files as Go modules do: sha256 over lines
// "hex  path" in order of path.
func digest(files []File) string {
	sorted := slices.Clone(files)
	slices.SortFunc(sorted, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	h := sha256.New()
	for _, f := range sorted {
		_, _ = fmt.Fprintf(h, "%s  %s\n", f.SHA256, f.Path)
	}
	return "h1:" + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// check reports what is wrong with a manifest that was read or asked for.
func (m *Manifest) check() error {
	if !validID(m.ID) {
		return fmt.Errorf("bundle id %q: lower-case letters, digits, \".\", \"-\" and \"/\" only", m.ID)
	}
	for _, day := range []string{m.ValidFrom, m.ValidTo} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return fmt.Errorf("date %q of bundle %s is not a day such as 2006-01-02", day, m.ID)
		}
	}
	for _, f := range m.Files {
		if !fs.ValidPath(f.Path) || len(f.SHA256) != 64 || strings.Trim(f.SHA256, "0123456789abcdef") != "" {
			return fmt.Errorf("file %q of bundle %s has no good path or digest", f.Path, m.ID)
		}
	}
	return nil
}

func validID(id string) bool {
	if !fs.ValidPath(id) || id == "." {
		return false
	}
	return strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789.-/_") == ""
}

// applies reports whether the manifest applies on a day ("" is any day).
func (m *Manifest) applies(day string) bool {
	return day == "" || (m.ValidFrom == "" || m.ValidFrom <= day) && (m.ValidTo == "" || day <= m.ValidTo)
}

// sourceTable takes version, origin and licence from the first table of a
// SOURCE.md: | origin | commit | ... | version | ... | licence |.
func (m *Manifest) sourceTable(text string) {
	var head []string
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case head == nil:
			head = cells
		case strings.Trim(cells[0], "-: ") == "":
		default:
			m.takeRow(head, cells)
			return
		}
	}
}

func (m *Manifest) takeRow(head, cells []string) {
	commit := ""
	for i, h := range head {
		if i >= len(cells) {
			return
		}
		switch strings.ToLower(h) {
		case "origin":
			m.Source = cells[i]
		case "commit":
			commit = cells[i]
		case "version":
			m.Version = cells[i]
		case "licence", "license":
			m.Licence = cells[i]
		}
	}
	if m.Source != "" && commit != "" {
		m.Source += "@" + commit
	}
}
