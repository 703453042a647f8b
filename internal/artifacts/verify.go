package artifacts

import (
	"io/fs"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Verify reads every file of every bundle and compares it with its digest. In a
// plain folder there are no digests: that is said for each bundle, as a warning.
func (s *Store) Verify(progress Progress) diag.List {
	var probs diag.List
	total, done := 0, 0
	for _, m := range s.Bundles() {
		total += len(m.Files)
	}
	for _, m := range s.Bundles() {
		if s.plain {
			p := diag.Problemf(diag.Pos{File: m.ID}, RuleDigest, "bundle %s is used in place: nothing pins its content", m.ID)
			p.Severity, p.Hint = diag.Warning, "fiscus artifacts import "+s.dir
			probs.Add(p)
			continue
		}
		for _, f := range m.Files {
			s.verify(m, f, &probs)
			if done++; progress != nil {
				progress(done, total)
			}
		}
	}
	probs.Sort()
	return probs
}

func (s *Store) verify(m *Manifest, f File, probs *diag.List) {
	pos := diag.Pos{File: m.ID + "/" + f.Path}
	data, err := fs.ReadFile(s.files, s.blob(f.SHA256))
	switch {
	case err != nil:
		probs.Addf(pos, RuleAbsent, "file of bundle %s is not there", m.ID)
	case sum(data) != f.SHA256:
		probs.Addf(pos, RuleDigest, "content has digest %s, the manifest says %s", sum(data), f.SHA256)
	}
}
