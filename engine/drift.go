package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"maps"
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// pureOutput is what a pure step gave since the last effect.
type pureOutput struct {
	path string
	outs Outputs
}

// digestLength is how many bytes of a digest are kept: enough to notice.
const digestLength = 12

// outputDigests returns the digests of what pure steps gave since the last
// effect, by path.
func (r *run) outputDigests() map[string]any {
	m := make(map[string]any, len(r.pure))
	for _, p := range r.pure {
		m[p.path] = digestOutputs(p.outs)
	}
	return m
}

func digestOutputs(outs Outputs) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(outs)) {
		if name == "findings" {
			continue
		}
		h.Write([]byte(name))
		h.Write([]byte{0})
		digestValue(h, outs[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:digestLength])
}

func digestValue(h hash.Hash, v any) {
	switch v := v.(type) {
	case []byte:
		h.Write(v)
		return
	case formula.Node:
		h.Write(v.Source())
		return
	}
	data, err := EncodeValue(v)
	if err != nil {
		data = []byte("(not kept)")
	}
	h.Write(data)
}

// sameOutputs compares what pure steps gave now with what the journal says
// they gave; a difference parks the run before anything else happens.
func (r *run) sameOutputs(path string, journalled any) error {
	want, _ := journalled.(map[string]any)
	now := r.outputDigests()
	r.pure = nil
	for _, step := range slices.Sorted(maps.Keys(now)) {
		if w, ok := want[step]; ok && w != now[step] {
			return r.parkAt(path, diag.Problem{Rule: "RUN-REPLAY-DRIFT", Message: "step " + step + " no longer gives what it gave before " + path,
				Hint: "the same package, parameters and engine must give the same bytes; nothing further is done"})
		}
	}
	return nil
}
