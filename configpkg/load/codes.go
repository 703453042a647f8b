package load

import (
	"slices"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

var codeColumns = []string{"status", "wait", "raise", "field", "hint", "lang", "source", "text", "description"}

// codeTable reads a CSV file of codes. Several rows of one code with other
// languages give one hint in several languages.
func (l *loader) codeTable(a *engine.Answers, file string, from diag.Pos) {
	rows, ok := l.csv(file, from)
	if !ok {
		return
	}
	at, ok := l.columns(rows, []string{"code", "class"}, codeColumns)
	if !ok {
		return
	}
	a.Table = make(map[string]*engine.Answer, len(rows))
	languages := map[string]bool{}
	for _, r := range rows[1:] {
		cell := func(name string) (string, diag.Pos) {
			if i, there := at[name]; there {
				return r.cells[i], r.at(i)
			}
			return "", r.pos()
		}
		code, pos := cell("code")
		lang, _ := cell("lang")
		if languages[code+"\x00"+lang] {
			l.fault(pos, RuleCode, "", "code %q stands twice in the table", code)
			continue
		}
		languages[code+"\x00"+lang] = true
		x := a.Table[code]
		if x == nil {
			x = l.codeRow(cell)
			a.Table[code] = x
		}
		if hint, at := cell("hint"); hint != "" {
			x.Hint[lang] = formula.Literal(hint, at)
		}
	}
}

func (l *loader) codeRow(cell func(string) (string, diag.Pos)) *engine.Answer {
	class, at := cell("class")
	status, statusAt := cell("status")
	x := &engine.Answer{Class: engine.Class(class), Status: engine.DocStatus(status), Pos: at, Hint: engine.Text{}}
	if !slices.Contains(engine.Classes, x.Class) {
		l.fault(at, RuleCell, diag.DidYouMean(class, texts(engine.Classes)), "%q is no class", class)
	}
	if status != "" && !slices.Contains(engine.DocStatuses, x.Status) {
		l.fault(statusAt, RuleCell, diag.DidYouMean(status, texts(engine.DocStatuses)), "%q is no status of a document", status)
	} else {
		l.statusFits(x, statusAt)
	}
	x.Raise, _ = cell("raise")
	x.Field, _ = cell("field")
	if wait, at := cell("wait"); wait != "" {
		if d, err := formula.Duration.Convert(wait); err != nil {
			l.fault(at, RuleCell, "write 30s, 5m, 24h or 15d", "wait: %s", cause(err))
		} else {
			x.Wait = formula.Literal(d, at)
		}
	}
	return x
}

// codeList reads the CSV file of every code that the authority documents.
func (l *loader) codeList(a *engine.Answers, file string, from diag.Pos) {
	rows, ok := l.csv(file, from)
	if !ok {
		return
	}
	at, ok := l.columns(rows, []string{"code"}, append([]string{"class"}, codeColumns...))
	if !ok {
		return
	}
	a.List = make(map[string]diag.Pos, len(rows))
	for _, r := range rows[1:] {
		code := r.cells[at["code"]]
		if _, twice := a.List[code]; !twice {
			a.List[code] = r.at(at["code"])
		}
	}
}
