package formula

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// signatures are the functions of the language reference with their types.
// A question mark marks an argument that may be left out.
var signatures = []string{
	"round(number, number?, string?) number", "trunc(number, number?) number", "fixed(number, number) number", "decimals(number, number, number) number", "scale(number) integer", "number(string) number",
	"integer(string) integer", "currency(string) currency", "min(number, number?) number", "max(number, number?) number", "mean(number, number?) number", "abs(number) number", "floor(number) integer", "ceil(number) integer",
	"string(any) string", "left(string, number) string", "right(string, number) string", "skip(string, number) string", "pad(string, number, string?) string", "padRight(string, number, string?) string",
	"upper(string) string", "lower(string) string", "trim(string) string", "normalize(string) string", "ascii(string) string", "replace(string, string, string) string", "split(string, string) list of string",
	"join(list, string?) string", "match(string, string) string", `escape(string, "xml") string`, `escape(string, "url") string`,
	"base64(bytes) string", "unbase64(string) bytes", "base64url(bytes) string", "hex(bytes) string", "unhex(string) bytes", `base32(bytes, "upper"?) string`, "base(number, number) string",
	`text(bytes, "utf-8"?) string`, "bytes(string) bytes", "size(bytes) integer", "pem(bytes, string?) bytes", "tlv(list) bytes",
	"sha1(bytes) bytes", "sha256(bytes) bytes", "sha384(bytes) bytes", "sha512(bytes) bytes", `hmac("sha256", secret, bytes) bytes`, "crc(bytes, string, number, string?) bytes",
	`weightedSum(string, list, "digit"?) integer`, "mod97(string) integer", "luhn(string) integer",
	"date(string, string?) date", "instant(string, string?, string?) instant", "format(date, string) string", "format(instant, string, string?) string", "addTime(instant, string) instant", "addDays(date, number) date",
	"addMonths(instant, number) instant", "addWorkdays(date, number, string) date", "endOfDay(date, string) instant", "elapsed(instant, instant) duration", "duration(string) duration",
	"groups(list, string, string?) list of map", "distinct(list, string?) list", "first(list) any", "last(list) any", "len(list) integer", "concat(list, list?) list", "flatten(list) list",
	"at(tree, string) string", "at(string) string", "nodes(tree, string) list of tree", "nodes(string) list of tree", "has(tree, string) boolean", "has(string) boolean", "source(tree) bytes", "header(string) string", "xml(bytes) tree", "json(bytes) tree",
	"table(string, any) any", "tableOr(string, any) any", "rows(string, any?) list", "entityBy(string, any) any", "certificate(certificate) certificate", "secret(string) secret",
	"decrypt(string, secret, bytes) bytes", "serial(string) string", "uuid(string) string",
	"map(list, any) list", "filter(list, boolean) list", "all(list, boolean) boolean", "any(list, boolean) boolean", "none(list, boolean) boolean", "one(list, boolean) boolean", "count(list, boolean) integer", "find(list, boolean) any",
	"sum(list, number?) number", "sortBy(list, any) list",
}

var signature = regexp.MustCompile(`^(\w+)\((.*)\) (.+)$`)

// Every function of the reference takes these arguments, not one less, and
// gives that type.
func TestSignatures(t *testing.T) {
	t.Parallel()
	d := &Decl{Reader: true, Simulator: true, Names: map[string]Type{}}
	for k, name := range kindNames {
		d.Names["_"+name] = Type{kind: Kind(k)}
	}
	names := map[string]bool{}
	for _, sig := range signatures {
		m := signature.FindStringSubmatch(sig)
		names[m[1]] = true
		args := strings.Split(m[2], ", ")
		for n := range len(args) + 1 {
			call := m[1] + "(" + strings.Join(arguments(args[:n]), ", ") + ")"
			p, problems := Compile(call, diag.Pos{}, d)
			enough := n == len(args) || strings.HasSuffix(args[n], "?")
			switch oneArgument := n == 1 && readers[m[1]] != nil; {
			case enough && p == nil:
				t.Errorf("%s: %s: %v", sig, call, problems)
			case enough && p.Type().String() != m[3] && p.Type().Kind().String() != m[3]:
				t.Errorf("%s: %s gives %s", sig, call, p.Type())
			case !enough && p != nil && !oneArgument && !slices.Contains([]string{"sum", "count", "all", "any", "none", "one"}, m[1]):
				t.Errorf("%s: %s is accepted", sig, call)
			}
		}
	}
	for _, name := range Functions() {
		if !names[name] {
			t.Errorf("no signature for %s", name)
		}
	}
}

func arguments(types []string) []string {
	out := make([]string, len(types))
	for i, a := range types {
		if out[i] = strings.TrimSuffix(a, "?"); out[i][0] != '"' {
			out[i] = "_" + out[i]
		}
	}
	return out
}

// The reference and the program name the same functions.
func TestReferenceNamesAllFunctions(t *testing.T) {
	t.Parallel()
	_, section, ok := strings.Cut(string(sharedtest.Read(t, "notes", "language.md")), "## 14. Functions")
	if !ok {
		t.Fatal("the reference has no section 14")
	}
	section, _, _ = strings.Cut(section, "## 15.")
	named := map[string]bool{}
	for _, code := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(section, -1) {
		for _, name := range regexp.MustCompile(`\b[a-z]\w*(\([^)]*\))?`).FindAllString(code[1], -1) {
			named[strings.SplitN(name, "(", 2)[0]] = true
		}
	}
	for _, name := range Functions() {
		if !named[name] {
			t.Errorf("%s is not in the reference", name)
		}
	}
	known := Functions()
	for _, sig := range signatures {
		if name := signature.FindStringSubmatch(sig)[1]; !slices.Contains(known, name) {
			t.Errorf("%s is not in the program", name)
		}
	}
}
