package render_test

import (
	stdbytes "bytes"
	"encoding/xml"
	"image"
	"image/color"
	"image/png"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/fiscus-project/fiscus/actions/render"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

func run(t *testing.T, with map[string]any) (engine.Outputs, error) {
	t.Helper()
	all := map[string]any{"level": "M", "format": "png"}
	maps.Copy(all, with)
	return render.QR().Run(t.Context(), engine.NewStep("code", all, nil, formula.NewScope(nil), engine.StepHands{}))
}

// Another program's reader finds the text in what was drawn.
func TestAnotherReaderFindsTheText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("https://authority.example/qrcode?p=35260112345678000195550010000000011000000017|2|1|1|", 8)
	for _, text := range []string{"A", "0123456789", "ACME/12 $%*+-.:", "https://authority.example/check?id=1&sum=ä€", long} {
		for _, level := range []string{"L", "M", "Q", "H"} {
			for _, format := range []string{"png", "svg"} {
				out, err := run(t, map[string]any{"text": text, "level": level, "format": format})
				if err != nil {
					t.Errorf("%.20s %s %s: %v", text, level, format, err)
					continue
				}
				img := decode(t, format, out["out"].([]byte))
				if side := out["modules"].(int64) + 8; img.Bounds().Dx() != int(side)*4 {
					t.Errorf("%s: %d pixels for %d modules with border", format, img.Bounds().Dx(), side)
				}
				bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
				if err != nil {
					t.Fatal(err)
				}
				got, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true, gozxing.DecodeHintType_CHARACTER_SET: "UTF-8"})
				if err != nil || got.GetText() != text {
					t.Errorf("%s %s: read %q, %v; want %q", level, format, got, err, text)
				}
			}
		}
	}
}

func decode(t *testing.T, format string, data []byte) image.Image {
	t.Helper()
	if format == "png" {
		img, err := png.Decode(stdbytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	if err := xml.Unmarshal(data, new(struct{})); err != nil {
		t.Fatal(err)
	}
	side := number(t, regexp.MustCompile(`viewBox="0 0 (\d+)`).FindStringSubmatch(string(data))[1])
	img := image.NewGray(image.Rect(0, 0, side*4, side*4))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1`).FindAllStringSubmatch(string(data), -1) {
		x, y, w := number(t, m[1]), number(t, m[2]), number(t, m[3])
		for dx := range w * 4 {
			for dy := range 4 {
				img.SetGray(x*4+dx, y*4+dy, color.Gray{})
			}
		}
	}
	return img
}

func number(t *testing.T, s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatCannotBeDrawn(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]map[string]any{
		"nothing":  {"text": ""},
		"too much": {"text": strings.Repeat("x", 3000)},
	} {
		if _, err := run(t, with); err == nil || !strings.Contains(err.Error(), "text") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
