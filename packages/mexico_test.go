package packages

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

const cfdi = "mx/cfdi"

func cfdiBundle(t testing.TB, more map[string]string) *load.Bundle {
	t.Helper()
	files, err := Package(cfdi)
	if err != nil {
		t.Fatal(err)
	}
	b, list := load.LoadAll(over(t, files, more), actions.Registry(), nil)
	if b == nil {
		t.Fatal(list)
	}
	return b
}

// over is a package with further or other files.
func over(t testing.TB, files fs.FS, more map[string]string) fs.FS {
	t.Helper()
	if len(more) == 0 {
		return files
	}
	all := fstest.MapFS{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		all[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range more {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

// stringOf makes the original string of a document by a list of the package.
func stringOf(t testing.TB, b *load.Bundle, list string, data []byte) string {
	t.Helper()
	tree, err := formula.ParseTree(data, "xml")
	if err != nil {
		t.Fatal(err)
	}
	out, err := b.Package.Mappings["mappings/"+list+".yaml"].Write(formula.NewScope(formula.NoHost{}), nodes.Options{Input: map[string]any{"in": tree}})
	if err != nil {
		t.Fatal(err)
	}
	return string(out.Bytes)
}

// earlierString is the list of version 3.3, which is no longer issued.
const earlierString = `mapping: original-string-old
format: list
inputs: {in: tree}
of: =input.in
list: {start: "|", before: "|", end: "||", space: normalize, missing: empty}
parts:
  - at: /Comprobante
    put: "@Version @Serie? @Folio? @Fecha @FormaPago? @NoCertificado @CondicionesDePago? @SubTotal @Descuento? @Moneda @TipoCambio? @Total @TipoDeComprobante @MetodoPago? @LugarExpedicion @Confirmacion?"
    parts:
      - {each: CfdiRelacionados, put: "@TipoRelacion", parts: [{each: CfdiRelacionado, put: "@UUID"}]}
      - {each: Emisor, put: "@Rfc @Nombre? @RegimenFiscal"}
      - {each: Receptor, put: "@Rfc @Nombre? @ResidenciaFiscal? @NumRegIdTrib? @UsoCFDI"}
      - each: Conceptos/Concepto
        put: "@ClaveProdServ @NoIdentificacion? @Cantidad @ClaveUnidad @Unidad? @Descripcion @ValorUnitario @Importe @Descuento?"
        parts:
          - {each: Impuestos/Traslados/Traslado, put: "@Base @Impuesto @TipoFactor @TasaOCuota? @Importe?"}
          - {each: Impuestos/Retenciones/Retencion, put: "@Base @Impuesto @TipoFactor @TasaOCuota @Importe"}
          - {each: InformacionAduanera, put: "@NumeroPedimento"}
          - {each: CuentaPredial, put: "@Numero"}
          - each: .//Parte
            put: "@ClaveProdServ @NoIdentificacion? @Cantidad @Unidad? @Descripcion @ValorUnitario? @Importe?"
            parts: [{each: InformacionAduanera, put: "@NumeroPedimento"}]
      - each: Impuestos
        parts:
          - {each: Retenciones/Retencion, put: "@Impuesto @Importe"}
          - {put: "@TotalImpuestosRetenidos?"}
          - {each: Traslados/Traslado, put: "@Impuesto @TipoFactor @TasaOCuota @Importe"}
          - {put: "@TotalImpuestosTrasladados?"}
`

// The original string of every sample is the one the official stylesheets make,
// complements and documents of earlier versions included.
func TestOriginalStrings(t *testing.T) {
	t.Parallel()
	b := cfdiBundle(t, map[string]string{"mappings/original-string-old.yaml": earlierString})
	lines := bufio.NewScanner(bytes.NewReader(sharedtest.Read(t, "corpus", "cfdi-cadena", "RESULTS.tsv")))
	lines.Scan()
	n := 0
	for lines.Scan() {
		row := strings.Split(lines.Text(), "\t")
		want := string(sharedtest.Read(t, "corpus", filepath.FromSlash(row[1])))
		list := "original-string"
		if strings.HasPrefix(row[0], "cfdi-3.3/") {
			list += "-old"
		}
		got := stringOf(t, b, list, sharedtest.Read(t, "corpus", filepath.FromSlash(row[0])))
		if n++; got != want {
			t.Errorf("%s\n got %s\nwant %s", row[0], got, want)
		}
	}
	stored := 0
	err := filepath.WalkDir(sharedtest.Path(t, "corpus", "cfdi-cadena"), func(name string, _ fs.DirEntry, err error) error {
		if filepath.Ext(name) == ".txt" {
			stored++
		}
		return err
	})
	if err != nil || n != 55 || stored != n {
		t.Fatalf("%d strings compared of %d stored, 55 are known: %v", n, stored, err)
	}
}

type sealVector struct {
	String string `json:"cadena_original"`
	Note   string `json:"note"`
	Seal   string `json:"sello"`
	Last8  string `json:"sello_last8"`
	XML    string `json:"xml_without_certificate"`
}

func sealVectors(t testing.TB) (cert []byte, all []sealVector) {
	t.Helper()
	var v struct {
		Certificate string       `json:"certificate_der_base64"`
		Vectors     []sealVector `json:"vectors"`
	}
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", "mx-cadena-sello.json"), &v); err != nil {
		t.Fatal(err)
	}
	cert, err := base64.StdEncoding.DecodeString(v.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	return cert, v.Vectors
}

func TestOriginalStringVectors(t *testing.T) {
	t.Parallel()
	b := cfdiBundle(t, nil)
	_, all := sealVectors(t)
	for _, v := range all {
		if got := stringOf(t, b, "original-string", []byte(v.XML)); got != v.String {
			t.Errorf("%s\n got %s\nwant %s", v.Note, got, v.String)
		}
	}
	if len(all) != 8 {
		t.Errorf("%d vectors, 8 are known", len(all))
	}
}

// The string of the stamp, and what the authority's certificate sealed in it.
func TestStampStringVectors(t *testing.T) {
	t.Parallel()
	var v struct {
		Vectors []map[string]string `json:"vectors"`
	}
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", "mx-tfd.json"), &v); err != nil {
		t.Fatal(err)
	}
	b := cfdiBundle(t, nil)
	for _, x := range v.Vectors {
		doc := `<c><tfd:TimbreFiscalDigital xmlns:tfd="http://www.sat.gob.mx/TimbreFiscalDigital"`
		for _, name := range []string{"SelloSAT", "NoCertificadoSAT", "SelloCFD", "Leyenda", "RfcProvCertif", "FechaTimbrado", "UUID", "Version"} {
			if x[name] != "" {
				doc += " " + name + `="` + x[name] + `"`
			}
		}
		if got := stringOf(t, b, "original-string-stamp", []byte(doc+"/></c>")); got != x["cadena_tfd"] {
			t.Errorf("%s\n got %s\nwant %s", x["note"], got, x["cadena_tfd"])
		}
	}
	if len(v.Vectors) != 1 {
		t.Errorf("%d vectors, one is known", len(v.Vectors))
	}
}
