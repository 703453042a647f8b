// Package render provides actions that make what people look at and machines
// scan.
//
// Begin with Specs. Actions here are pure: the same inputs give the same picture.
package render

import (
	stdbytes "bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	"github.com/boombuler/barcode/qr"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// RuleCode says that a text cannot be drawn as a code as asked.
const RuleCode = "RUN-CODE"

// quiet is the width of the empty border that readers want, in modules.
const quiet = 4

const mostPixels = 40 // a module, along one side

// Specs returns the actions of this package.
func Specs() []*engine.Spec { return []*engine.Spec{QR()} }

var levels = map[string]qr.ErrorCorrectionLevel{"L": qr.L, "M": qr.M, "Q": qr.Q, "H": qr.H}

// QR declares the action "qr.code".
func QR() *engine.Spec {
	return &engine.Spec{
		Name:    "qr.code",
		Since:   "0.1",
		Summary: "Draw a text as a QR code.",
		Source:  "ISO/IEC 18004, model 2",
		Effect:  engine.Pure,
		Params: []engine.Param{
			{Name: "text", Type: formula.String, Required: true, Doc: "What a reader shall find, as text in UTF-8."},
			{Name: "level", Type: formula.String, Default: "M", Values: []string{"L", "M", "Q", "H"}, Doc: "How much of the code may be damaged: 7, 15, 25 or 30 percent."},
			{Name: "format", Type: formula.String, Default: "png", Values: []string{"png", "svg"}, Doc: "Picture made of pixels, or drawing of any size."},
			{Name: "pixels", Type: formula.Integer, Default: int64(4), Doc: "Pixels along a side of one module, 1 to 40; the border of four modules is added."},
		},
		Out: []engine.Port{
			{Name: "out", Type: formula.Bytes.Required(), Doc: "The picture."},
			{Name: "modules", Type: formula.Integer.Required(), Doc: "Modules along a side, without the border: 21 to 177."},
		},
		Example: `id: code
action: qr.code
with: {text: "https://authority.example/check?id=1", level: M}
`,
		Run: draw,
	}
}

func draw(_ context.Context, s *engine.Step) (engine.Outputs, error) {
	pixels := int64(4)
	if d, ok := s.Number("pixels"); ok {
		if pixels, ok = d.Int64(); !ok || pixels < 1 || pixels > mostPixels {
			return nil, fault("pixels is a whole number from 1 to %d, not %s", mostPixels, d)
		}
	}
	text := s.Text("text")
	if text == "" {
		return nil, fault("there is no text to draw")
	}
	code, err := qr.Encode(text, levels[s.Text("level")], qr.Auto)
	if err != nil { // the encoder knows no other fault of a text than its length
		if code, err = qr.Encode(text, levels[s.Text("level")], qr.Unicode); err != nil {
			return nil, fault("a text of %d bytes does not fit into a code of level %s: %v", len(text), s.Text("level"), err)
		}
	}
	n := code.Bounds().Dx()
	dark := func(x, y int) bool {
		r, _, _, _ := code.At(x, y).RGBA()
		return r == 0
	}
	var out []byte
	if s.Text("format") == "svg" {
		out = vector(n, dark)
	} else if out, err = picture(n, int(pixels), dark); err != nil {
		return nil, err
	}
	return engine.Outputs{"out": out, "modules": int64(n)}, nil
}

// picture is a PNG of two colours.
func picture(n, pixels int, dark func(x, y int) bool) ([]byte, error) {
	side := (n + 2*quiet) * pixels
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			mx, my := x/pixels-quiet, y/pixels-quiet
			if mx >= 0 && my >= 0 && mx < n && my < n && dark(mx, my) {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var out stdbytes.Buffer
	err := png.Encode(&out, img)
	return out.Bytes(), err
}

// vector is a drawing with one path: a stroke for each run of dark modules.
func vector(n int, dark func(x, y int) bool) []byte {
	side := n + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><rect width="%d" height="%d" fill="#fff"/><path d="`, side, side, side, side)
	for y := range n {
		for x := 0; x < n; x++ {
			from := x
			for x < n && dark(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return []byte(b.String())
}

func fault(format string, args ...any) error {
	return diag.Problem{Rule: RuleCode, Message: fmt.Sprintf(format, args...)}
}
