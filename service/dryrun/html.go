package dryrun

import (
	"html/template"
	"io"
)

// HTML writes a summary as one page that needs nothing else: no script, no
// font, no address.
func (s Summary) HTML(w io.Writer) error { return page.Execute(w, s) }

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"shown": func(has string) string {
		if has == "" {
			return "–"
		}
		return has
	},
}).Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Old}} against {{.New}}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}td,th{border-bottom:1px solid #ddd;padding:.35rem .6rem;text-align:left;vertical-align:top}
th{background:#f4f4f4}td.n{text-align:right}code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}del{background:#fdd;text-decoration:none}ins{background:#dfd;text-decoration:none}
.later{color:#777}@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}th{background:#262626}td,th{border-color:#333}del{background:#522}ins{background:#252}}
</style></head><body>
<h1>What changes</h1>
<p>From <b>{{.Old}}</b> to <b>{{.New}}</b>: {{.Documents}} documents, {{.Same}} the same, {{.Changed}} changed.</p>
{{if .Preview}}<p>Preview: in {{.Preview}} documents a stand-in took the place of a key or secret that is not there.</p>{{end}}
{{if .Groups}}<table><tr><th>what</th><th>where</th><th>documents</th><th>differences</th><th>examples</th></tr>
{{range .Groups}}<tr{{if .Later}} class="later"{{end}}><td>{{.Kind}} {{.How}}{{if .Rule}}<br><code>{{.Rule}}</code>{{end}}{{if .Later}}<br>may follow from an earlier difference{{end}}</td>
<td>{{.Flow}}{{if .Step}} / {{.Step}}{{end}}<br><code>{{.Path}}</code></td><td class="n">{{.Documents}}</td><td class="n">{{.Changes}}</td>
<td>{{range .Examples}}<div><code>{{.File}}</code>: <del><code>{{shown .Old}}</code></del> <ins><code>{{shown .New}}</code></ins></div>{{end}}</td></tr>
{{end}}</table>{{else}}<p>Nothing.</p>{{end}}
</body></html>
`))
