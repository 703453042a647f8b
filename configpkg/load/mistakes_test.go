package load

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/loadtest"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// A mistake is an edit of the package in testdata/base: old becomes new in
// file, which becomes new as a whole when old is empty.
type mistake struct{ name, file, old, new, want string }

// carry is a flow that plays a role.
const carry = "flow: carry\nkind: part\nrole: carry\ninputs: {a: string}\nsteps: [{id: now, action: time.now}]\n"

// mistakes are those of a beginner, each with the place and the rule of all
// problems it causes.
var mistakes = []mistake{
	// the package
	{"version with a letter", "package.yaml", "version: 1.2.0", "version: v1.2", "package.yaml:2:10 CFG-VERSION"},
	{"id without a country", "package.yaml", "package: zz/notes", "package: notes", "package.yaml:1:10 CFG-NAME-FORM"},
	{"range of versions", "package.yaml", `">=0.1 <1"`, `"from 0.1"`, "package.yaml:5:9 CFG-VERSION"},
	{"key misspelt", "package.yaml", "artifacts:", "artefacts:", "package.yaml:19:1 CFG-KEY-UNKNOWN\nsimulator/authority.yaml:13:18 CFG-ARTIFACT-UNKNOWN\ntests/issue.yaml:24:58 CFG-ARTIFACT-UNKNOWN"},
	{"no package.yaml", "package.yaml", "package: zz/notes", "flow: x\nsteps: []", "package.yaml:1:1 CFG-FILE-FOLDER"},
	{"unknown document", "package.yaml", "documents: [invoice/1,", "documents: [invoces/1,", "package.yaml:6:13 CFG-DOCUMENT-UNKNOWN"},
	{"unknown type", "package.yaml", "type: integer, default", "type: int, default", "package.yaml:11:26 CFG-TYPE-UNKNOWN"},
	{"default of the wrong type", "package.yaml", "default: 1}", "default: one}", "package.yaml:11:44 CFG-VALUE-TYPE"},
	{"default that is no value", "package.yaml", "default: fast", "default: fats", "package.yaml:12:61 CFG-PARAMETER"},
	{"required with a default", "package.yaml", "type: integer, default: 1", "type: integer, required: true, default: 1", "package.yaml:11:60 CFG-PARAMETER"},
	{"parameter twice", "package.yaml", "name: apiKey, type: secret", "name: mode, type: secret", "flows/issue.yaml:29:29 CFG-FORMULA-NAME\npackage.yaml:13:5 CFG-NAME-TWICE"},
	{"enum without values", "package.yaml", "type: enum, values: [fast, slow], default: fast", "type: enum", "package.yaml:12:24 CFG-PARAMETER"},
	{"true misspelt", "package.yaml", "required: true", "required: ture", "package.yaml:10:54 CFG-VALUE-WORD"},
	{"name with a blank", "package.yaml", "name: series", "name: my series", "package.yaml:11:12 CFG-NAME-FORM\npackage.yaml:22:47 CFG-FORMULA-NAME\ntests/entities/shop.yaml:8:47 CFG-PARAMETER\ntests/issue.yaml:5:14 CFG-PARAMETER"},
	{"constant in a circle", "package.yaml", `{"2"}`, `{const.label}`, "package.yaml:15:3 CFG-LET-CYCLE\npackage.yaml:17:3 CFG-LET-CYCLE"},
	{"counter without kind", "package.yaml", "{kind: counter, per: [entity, param.series]", "{per: [entity, param.series]", "package.yaml:22:11 CFG-KEY-MISSING"},
	{"counter with values", "package.yaml", "gaps: none", "values: [a]", "package.yaml:22:74 CFG-KEY-UNKNOWN"},
	{"field of per", "package.yaml", "per: [entity, param.series]", "per: [entity, param.serie]", "package.yaml:22:47 CFG-FORMULA-NAME"},
	{"mode starts nowhere", "package.yaml", "start: normal", "start: normla", "package.yaml:27:12 CFG-VALUE-WORD"},
	{"mode enters nowhere", "package.yaml", "      standby: {after", "      stand-by: {after", "package.yaml:29:7 CFG-VALUE-WORD"},
	{"probe that is none", "package.yaml", "leave: {every: 5m, probe: probe", "leave: {every: 5m, probe: lookup", "package.yaml:30:31 CFG-FLOW-UNKNOWN"},
	{"duration in words", "package.yaml", "every: 5m", "every: 5 minutes", "package.yaml:30:20 CFG-VALUE-TYPE"},
	{"path of the date", "package.yaml", "date: document.issued", "date: document.isued", "package.yaml:8:16 CFG-FORMULA-NAME"},
	{"schema that is not there", "package.yaml", "extension: schemas/extension.json", "extension: schemas/extention.json", "package.yaml:7:12 CFG-FILE-MISSING"},
	{"schema without one type", "schemas/extension.json", `{"type": "string"}`, `{"type": ["string", "object"]}`, "schemas/extension.json CFG-SCHEMA-STRUCTURAL"},
	{"schema that is no JSON", "schemas/extension.json", `{"type": "object", `, `{"type": `, "schemas/extension.json CFG-SCHEMA"},

	// files
	{"flow in the wrong folder", "rules/flow.yaml", "", "flow: x\nsteps: []\n", "rules/flow.yaml:1:1 CFG-FILE-FOLDER"},
	{"unknown kind of file", "flows/extra.yaml", "", "flows: x\n", "flows/extra.yaml:1:1 CFG-FILE-KIND"},
	{"file ends in yml", "flows/extra.yml", "", "flow: x\n", "flows/extra.yml CFG-FILE"},
	{"list as file", "flows/extra.yaml", "", "- flow: x\n", "flows/extra.yaml:1:1 CFG-FILE-KIND"},
	{"empty file", "flows/extra.yaml", "", "# later\n", "flows/extra.yaml:1:1 CFG-YAML-EMPTY"},
	{"flow twice", "flows/extra.yaml", "", "flow: issue\nsteps: [{id: now, action: time.now}]\n", "flows/cancel.yaml:11:57 CFG-FORMULA-NAME\nflows/issue.yaml:1:7 CFG-NAME-TWICE"},
	{"channel without what it does", "channels/in.yaml", "", "channel: in\nkind: http\n", "channels/in.yaml:1:1 CFG-KEY-MISSING\nchannels/in.yaml:1:1 CFG-ROUTE"},
	{"channel of a later kind", "channels/in.yaml", "", "channel: in\nkind: mail\nsubmit: true\nreadings: []\n", "channels/in.yaml:1:1 CFG-ROUTE\nchannels/in.yaml:2:7 CFG-NOT-BUILT"},
	{"channel to a flow of another kind", "channels/in.yaml", "", "channel: in\nkind: folder\nflow: issue\n", "channels/in.yaml:3:7 CFG-FLOW-UNKNOWN"},
	{"channel without legal entity", "channels/in.yaml", "", "channel: in\nkind: folder\nsubmit: true\n", "channels/in.yaml:1:1 CFG-ROUTE"},
	{"channel out of its folder", "channels/in.yaml", "", "channel: in\nkind: folder\nflow: cancel\nafter: {done: ../x}\naccepts: {size: 3XB}\n", "channels/in.yaml:1:1 CFG-ROUTE\nchannels/in.yaml:4:15 CFG-VALUE-WORD\nchannels/in.yaml:5:17 CFG-VALUE-WORD"},
	{"channel about an unknown field", "channels/in.yaml", "", "channel: in\nkind: folder\nroutes: [{flow: cancel, about: {fields.nothing: =item.name}}]\n", "channels/in.yaml:3:33 CFG-ROUTE"},
	{"deployment in the package", "flows/extra.yaml", "", "deployment: x\nenvironment: test\nuse: []\n", "flows/extra.yaml:1:1 CFG-FILE-FOLDER"},

	{"no package at all", "package.yaml", "", "", "package.yaml CFG-PACKAGE-MISSING"},
	{"text instead of a map", "package.yaml", "const:", "const: x\nconst2:", "package.yaml:14:8 CFG-VALUE-KIND\npackage.yaml:15:1 CFG-KEY-UNKNOWN"},

	// YAML
	{"key twice", "flows/line.yaml", "kind: part\n", "kind: part\nkind: part\n", "flows/line.yaml:3:1 CFG-YAML-DUPLICATE"},
	{"tab", "flows/line.yaml", "kind: part\n", "kind:\tpart\n", "flows/line.yaml:2:6 CFG-YAML-TAB"},
	{"tag", "flows/line.yaml", "kind: part\n", "kind: !!str part\n", "flows/line.yaml:2:7 CFG-YAML-TAG"},
	{"merge", "flows/line.yaml", "kind: part\n", "kind: part\n<<: {title: x}\n", "flows/line.yaml:3:1 CFG-YAML-MERGE"},
	{"anchor that holds itself", "flows/line.yaml", "outputs: {id: =input.id}", "outputs: &all {id: =input.id, all: *all}", "flows/line.yaml:8:10 CFG-YAML-ANCHOR"},
	{"folded formula", "flows/line.yaml", "that: input.id != nil, says", "that: \"input.id !=\n      nil\", says", "flows/line.yaml:7:18 CFG-YAML-FOLDED"},
	{"key yes", "package.yaml", "const:\n", "const:\n  yes: 1\n", "package.yaml:15:3 CFG-YAML-KEY"},
	{"bracket left open", "flows/line.yaml", "{id: =input.id}", "{id: =input.id", "flows/line.yaml:8:10 CFG-YAML-SYNTAX"},
	{"formula with a comma in braces", "flows/line.yaml", "{id: =input.id}", "{id: =left(input.id, 3)}", "flows/line.yaml:8:15 CFG-YAML-QUOTE"},
	{"formula with ?? in braces", "flows/line.yaml", "{id: =input.id}", "{id: =input.id ?? x}", "flows/line.yaml:8:15 CFG-YAML-QUOTE"},
	{"formula cut at a comment", "flows/issue.yaml", "doubled: =len(label) * 2", "doubled: =len(label) #2", "flows/issue.yaml:12:23 CFG-YAML-COMMENT"},
	{"Latin 1", "flows/line.yaml", "a line without id", "a l\xedne", "flows/line.yaml:7:44 CFG-YAML-ENCODING"},
	{"nested too deep", "flows/extra.yaml", "", "flow: " + strings.Repeat("[", 2000), "flows/extra.yaml:1:1007 CFG-YAML-SIZE"},

	// flows
	{"action misspelt", "flows/issue.yaml", "action: number.next", "action: number.nxt", "flows/issue.yaml:18:13 CFG-ACTION-UNKNOWN"},
	{"role on an outbound flow", "flows/extra.yaml", "", "flow: extra\nrole: carry\nsteps: [{id: now, action: time.now}]\n", "flows/extra.yaml:2:1 CFG-KEY-UNKNOWN"},
	{"role misspelt", "flows/extra.yaml", "", carry + "---\nflow: asks\nkind: part\nsteps: [{id: c, use: {role: cary}, with: {a: x}}]\n", "flows/extra.yaml:9:29 CFG-FLOW-UNKNOWN"},
	{"input of a role misspelt", "flows/extra.yaml", "", carry + "---\nflow: asks\nkind: part\nsteps: [{id: c, use: {role: carry}, with: {b: x}}]\n", "flows/extra.yaml:9:43 CFG-INPUT\nflows/extra.yaml:9:44 CFG-INPUT"},
	{"output of a role misspelt", "flows/extra.yaml", "", carry + "---\nflow: asks\nkind: part\nsteps: [{id: c, use: {role: carry}, with: {a: x}}]\noutputs: {s: =steps.c.sent}\n", "flows/extra.yaml:10:23 CFG-FORMULA-NAME"},
	{"flows of a role take other inputs", "flows/extra.yaml", "", carry + "---\nflow: carry2\nkind: part\nrole: carry\ninputs: {b: string}\nsteps: [{id: now, action: time.now}]\n---\nflow: asks\nkind: part\nsteps: [{id: c, use: {role: carry}, with: {a: x}}]\n", "flows/extra.yaml:7:1 CFG-INPUT"},
	{"flow misspelt", "flows/issue.yaml", "use: line\n", "use: lines\n", "flows/issue.yaml:41:10 CFG-FLOW-UNKNOWN"},
	{"use of a flow that is no part", "flows/cancel.yaml", "  - id: mark\n    action: document.status\n    needs: [send]\n    with: {of: original, to: canceled}\n", "  - id: mark\n    use: issue\n", "flows/cancel.yaml:19:10 CFG-FLOW-UNKNOWN"},
	{"neither action nor use", "flows/issue.yaml", "    action: time.now\n", "", "flows/issue.yaml:21:5 CFG-STEP-FORM"},
	{"action and use", "flows/issue.yaml", "    action: time.now\n", "    action: time.now\n    use: line\n", "flows/issue.yaml:21:5 CFG-STEP-FORM"},
	{"step twice", "flows/issue.yaml", "  - id: now\n", "  - id: rules\n", "flows/issue.yaml:21:9 CFG-NAME-TWICE\nflows/issue.yaml:58:39 CFG-FORMULA-NAME"},
	{"step without id", "flows/issue.yaml", "  - id: now\n    action: time.now", "  - action: time.now", "flows/issue.yaml:21:5 CFG-KEY-MISSING\nflows/issue.yaml:57:39 CFG-FORMULA-NAME"},
	{"needs nobody", "flows/issue.yaml", "needs: [rules]", "needs: [rule]", "flows/issue.yaml:19:13 CFG-STEP-UNKNOWN"},
	{"reads nobody", "flows/issue.yaml", "string(steps.number.out)", "string(steps.numbers.out)", "flows/issue.yaml:11:31 CFG-FORMULA-NAME"},
	{"reads no output", "flows/issue.yaml", "steps.now.out, \"24h\"", "steps.now.output, \"24h\"", "flows/issue.yaml:58:43 CFG-FORMULA-NAME"},
	{"steps wait for each other", "flows/issue.yaml", "  - id: number\n    action: number.next\n    needs: [rules]", "  - id: number\n    action: number.next\n    needs: [send]", "flows/issue.yaml:17:5 CFG-STEP-CYCLE"},
	{"waits for what comes last", "flows/issue.yaml", "needs: [send]", "needs: [mark]", "flows/issue.yaml:40:5 CFG-STEP-FORM"},
	{"lets in a circle", "flows/issue.yaml", `label: ="N-" + string(steps.number.out)`, `label: ="N-" + string(doubled)`, "flows/issue.yaml:11:3 CFG-LET-CYCLE\nflows/issue.yaml:12:3 CFG-LET-CYCLE"},
	{"let hides a name", "flows/issue.yaml", "  doubled: =len(label) * 2", "  param: =len(label) * 2", "flows/issue.yaml:12:3 CFG-NAME-TWICE\nflows/issue.yaml:32:55 CFG-FORMULA-NAME"},
	{"parameter misspelt", "flows/issue.yaml", "param.mode !=", "param.mod !=", "flows/issue.yaml:25:15 CFG-FORMULA-NAME"},
	{"field of the document misspelt", "flows/issue.yaml", "document.currency ==", "document.curency ==", "flows/issue.yaml:9:16 CFG-FORMULA-NAME"},
	{"field of the extension misspelt", "flows/issue.yaml", "field: ext.model", "field: ext.modle", "flows/issue.yaml:8:19 CFG-FORMULA-NAME"},
	{"input of an action misspelt", "flows/issue.yaml", "with: {counter: number,", "with: {conter: number,", "flows/issue.yaml:18:13 CFG-INPUT\nflows/issue.yaml:20:12 CFG-INPUT"},
	{"input of an action missing", "flows/issue.yaml", "with: {counter: number, for: =document.id}", "with: {for: =document.id}", "flows/issue.yaml:18:13 CFG-INPUT"},
	{"word of an action misspelt", "flows/issue.yaml", "method: POST", "method: POSTT", "flows/issue.yaml:27:15 CFG-VALUE-WORD"},
	{"state object misspelt", "flows/issue.yaml", "counter: number, for", "counter: numbr, for", "flows/issue.yaml:20:21 CFG-STATE-UNKNOWN"},
	{"rules file misspelt", "flows/issue.yaml", "rules: rules/core.yaml", "rules: rules/cor.yaml", "flows/issue.yaml:16:19 CFG-FILE-MISSING"},
	{"rules file of another kind", "flows/issue.yaml", "rules: rules/core.yaml", "rules: answers/send.yaml", "flows/issue.yaml:16:19 CFG-FILE-KIND"},
	{"input of rules missing", "flows/issue.yaml", ", input: {limit: 10}}", "}", "flows/issue.yaml:16:11 CFG-INPUT"},
	{"input of rules of the wrong type", "flows/issue.yaml", "input: {limit: 10}", "input: {limit: ten}", "flows/issue.yaml:16:51 CFG-VALUE-TYPE"},
	{"input of a flow misspelt", "flows/issue.yaml", "with: {id: =line.id}", "with: {idd: =line.id}", "flows/issue.yaml:44:11 CFG-INPUT\nflows/issue.yaml:44:12 CFG-INPUT"},
	{"input of a flow of the wrong type", "flows/issue.yaml", "with: {id: =line.id}", "with: {id: =len(line.id)}", "flows/issue.yaml:44:17 CFG-VALUE-TYPE"},
	{"input of answers missing", "flows/issue.yaml", "answer: {file: answers/send.yaml, input: {limit: =doubled}}", "answer: answers/send.yaml", "flows/issue.yaml:32:13 CFG-INPUT"},
	{"answers file not there", "flows/issue.yaml", "file: answers/send.yaml", "file: answers/sent.yaml", "flows/issue.yaml:32:20 CFG-FILE-MISSING"},
	{"table misspelt", "flows/issue.yaml", `table("endpoints"`, `table("endpoint"`, "flows/issue.yaml:28:19 CFG-FORMULA-NAME"},
	{"key of a table missing", "flows/issue.yaml", `"send", entity.region)`, `"send")`, "flows/issue.yaml:28:19 CFG-FORMULA-TYPE"},
	{"column of a table misspelt", "flows/issue.yaml", `.region).url`, `.region).uri`, "flows/issue.yaml:28:55 CFG-FORMULA-NAME"},
	{"class misspelt", "flows/issue.yaml", "      unknown: {use", "      unkown: {use", "flows/issue.yaml:35:7 CFG-HANDLE"},
	{"code that nobody sends", "flows/issue.yaml", `"204": [{if`, `"2O4": [{if`, "flows/issue.yaml:38:7 CFG-HANDLE"},
	{"deed misspelt", "flows/issue.yaml", "expired: park", "expired: prak", "flows/issue.yaml:39:16 CFG-HANDLE"},
	{"deed with two things to do", "flows/issue.yaml", "unknown: {use: lookup, with", "unknown: {wait: 5m, use: lookup, with", "flows/issue.yaml:35:16 CFG-HANDLE"},
	{"unknown taken for transient", "flows/issue.yaml", "unknown: {use: lookup, with: {label: =label}}", "unknown: transient", "flows/issue.yaml:35:16 CFG-FENCE"},
	{"unknown tried again", "flows/issue.yaml", "unknown: {use: lookup, with: {label: =label}}", "unknown: {wait: 5m}", "flows/issue.yaml:35:16 CFG-FENCE"},
	{"unknown answered by sending", "flows/lookup.yaml", "    effect: reads\n", "", "flows/issue.yaml:35:22 CFG-FENCE"},
	{"asks a flow without an answer", "flows/issue.yaml", "unknown: {use: lookup, with: {label: =label}}", "unknown: {use: line, with: {id: =label}}", "flows/issue.yaml:35:22 CFG-HANDLE"},
	{"time-out taken for transient", "answers/send.yaml", "  CONNECT:", "  TIMEOUT: {class: transient}\n  CONNECT:", "answers/send.yaml:17:12 CFG-FENCE"},
	{"reads said of a step that does not send", "flows/issue.yaml", "    action: time.now\n", "    action: time.now\n    effect: reads\n", "flows/issue.yaml:23:13 CFG-STEP-FORM"},
	{"flow uses itself", "flows/line.yaml", "  - id: check\n", "  - id: again\n    use: line\n    with: {id: x}\n  - id: check\n", "flows/line.yaml:6:10 CFG-FLOW-CYCLE"},
	{"forEach over a text", "flows/issue.yaml", "in: =document.lines", "in: =document.number", "flows/issue.yaml:43:20 CFG-LOOP"},
	{"deadline that no step meets", "flows/issue.yaml", "met: send", "met: sent", "flows/issue.yaml:58:62 CFG-STEP-UNKNOWN"},
	{"deadline that is no instant", "flows/issue.yaml", "'=addTime(steps.now.out, \"24h\")'", "=label", "flows/issue.yaml:58:24 CFG-VALUE-TYPE"},
	{"result from a literal", "flows/issue.yaml", "from: =steps.send.part", "from: steps.send.part", "flows/issue.yaml:60:25 CFG-VALUE-FORMULA"},
	{"result of numbers", "flows/issue.yaml", "from: =steps.send.part", "from: =doubled", "flows/issue.yaml:60:26 CFG-VALUE-TYPE"},
	{"two comparisons", "flows/issue.yaml", "{field: entity.country, is: ZZ}", "{field: entity.country, is: ZZ, isNot: AA}", "flows/issue.yaml:5:7 CFG-CLAUSE"},
	{"comparison without a field", "flows/issue.yaml", "{field: entity.country, is: ZZ}", "{is: ZZ}", "flows/issue.yaml:5:7 CFG-CLAUSE"},
	{"operator misspelt", "flows/issue.yaml", "{field: entity.country, is: ZZ}", "{field: entity.country, iss: ZZ}", "flows/issue.yaml:5:7 CFG-CLAUSE\nflows/issue.yaml:5:31 CFG-KEY-UNKNOWN"},
	{"comparison with a word", "flows/issue.yaml", `gte: "0"`, `gte: zero`, "flows/issue.yaml:7:45 CFG-CLAUSE"},
	{"expression as field", "flows/issue.yaml", "{field: entity.country,", "{field: lower(entity.country),", "flows/issue.yaml:5:15 CFG-CLAUSE"},
	{"gives no step", "flows/lookup.yaml", "gives: ask", "gives: asked", "flows/lookup.yaml:11:8 CFG-STEP-UNKNOWN"},
	{"outputs of a flow for documents", "flows/issue.yaml", "results:", "outputs: {}\nresults:", "flows/issue.yaml:59:1 CFG-KEY-UNKNOWN"},
	{"condition that is a text", "flows/issue.yaml", "when: document.currency == \"EUR\"", "when: document.currency", "flows/issue.yaml:9:7 CFG-FORMULA-TYPE"},
	{"wait for a person", "flows/issue.yaml", "    action: time.now\n", "    wait: {person: look}\n", "flows/issue.yaml:22:12 CFG-NOT-BUILT"},
	{"wait for nothing", "flows/issue.yaml", "    action: time.now\n", "    wait: {within: 2h}\n", "flows/issue.yaml:22:11 CFG-STEP-FORM\nflows/issue.yaml:22:20 CFG-STEP-FORM\nflows/issue.yaml:58:43 CFG-FORMULA-NAME"},
	{"wait for an event nobody brings", "flows/issue.yaml", "    action: time.now\n", "    wait: {event: receipt, key: =document.id}\n", "flows/issue.yaml:22:11 CFG-ROUTE"},
	{"about a flow that is not there", "flows/cancel.yaml", "about: {flow: issue", "about: {flow: isue", "flows/cancel.yaml:5:15 CFG-FLOW-UNKNOWN"},
	{"published field misspelt", "flows/cancel.yaml", "original.fields.label", "original.fields.lable", "flows/cancel.yaml:11:57 CFG-FORMULA-NAME"},

	// mappings
	{"prefix not declared", "mappings/note.yaml", "      x:net:", "      y:net:", "mappings/note.yaml:23:7 CFG-NODE-PREFIX"},
	{"fragment misspelt", "mappings/note.yaml", "$use: party", "$use: prty", "mappings/note.yaml:14:20 CFG-FRAGMENT-UNKNOWN"},
	{"input of a fragment missing", "mappings/note.yaml", "{$use: party, with: {party: =document.seller}}", "{$use: party}", "mappings/note.yaml:14:14 CFG-INPUT"},
	{"element name with a blank", "mappings/note.yaml", "    total:", "    grand total:", "mappings/note.yaml:24:5 CFG-NODE-NAME"},
	{"namespace without a name", "mappings/note.yaml", `x: "urn:zz:more"`, `x: ""`, "mappings/note.yaml:4:33 CFG-NODE-NAMESPACE\nmappings/note.yaml:23:7 CFG-NODE-PREFIX"},
	{"namespace twice", "mappings/note.yaml", `x: "urn:zz:more"`, `xml: "urn:zz:more"`, "mappings/note.yaml:4:33 CFG-NODE-NAMESPACE\nmappings/note.yaml:23:7 CFG-NODE-PREFIX"},
	{"attribute twice by two prefixes", "mappings/more.yaml", "", "mapping: more\nformat: xml\nnamespaces: {p: u, q: u}\nroot: {a: {\"@p:x\": \"1\", \"@q:x\": \"2\"}}\n", "mappings/more.yaml:4:25 CFG-NODE-TWICE"},
	{"word of the node language misspelt", "mappings/note.yaml", "$for: line", "$fro: line", "mappings/note.yaml:21:7 CFG-KEY-UNKNOWN\nmappings/note.yaml:22:14 CFG-FORMULA-NAME\nmappings/note.yaml:23:15 CFG-FORMULA-NAME"},
	{"characters that are no range", "mappings/note.yaml", `"\\u0020-\\u00FF"`, `"\\u00FF-\\u0020"`, "mappings/note.yaml:8:7 CFG-TEXT-ALLOW\nmappings/note.yaml:18:22 FMT-CHARACTER\nmappings/note.yaml:19:19 FMT-CHARACTER"},
	{"replacement that is not allowed", "tables/characters.csv", "U+2018,'", "U+2018,U+2019", "mappings/note.yaml:8:7 CFG-TEXT-REPLACE"},
	{"steps in a mapping", "mappings/note.yaml", "=input.label", "=steps.number.out", "mappings/note.yaml:12:13 CFG-FORMULA-NAME"},
	{"part misspelt", "flows/issue.yaml", "part: ask", "part: aks", "flows/issue.yaml:55:51 CFG-PART-UNKNOWN"},
	{"input of a mapping misspelt", "flows/issue.yaml", "part: ask, input: {label", "part: ask, input: {lable", "flows/issue.yaml:55:63 CFG-INPUT\nflows/issue.yaml:55:64 CFG-INPUT"},
	{"mapping without format", "mappings/messages.yaml", "format: json\n", "", "mappings/messages.yaml:1:1 CFG-KEY-MISSING\nmappings/messages.yaml:1:1 CFG-NODE"},
	{"mapping without content", "mappings/more.yaml", "", "mapping: more\nformat: json\n", "mappings/more.yaml:1:1 CFG-NODE"},
	{"mapping without its part", "flows/issue.yaml", "part: ask, input: {label: =label}", "input: {}", "flows/issue.yaml:55:12 CFG-PART-UNKNOWN"},
	{"csv without rows", "mappings/messages.yaml", "format: json", "format: csv", "mappings/messages.yaml:1:1 CFG-NODE"},

	// answers
	{"class of a code misspelt", "answers/send.yaml", "{class: missing}", "{class: mising}", "answers/send.yaml:15:18 CFG-VALUE-WORD"},
	{"status misspelt", "answers/send.yaml", `"100": {class: done, status: accepted}`, `"100": {class: done, status: acepted}`, "answers/send.yaml:10:32 CFG-VALUE-WORD"},
	{"status in a range", "answers/send.yaml", "{from: 500, to: 599, class: precondition", "{from: 500, to: 599, status: rejected, class: precondition", "answers/send.yaml:21:26 CFG-ANSWER-STATUS"},
	{"range the wrong way", "answers/send.yaml", "from: 500, to: 599", "from: 599, to: 500", "answers/send.yaml:21:5 CFG-ANSWER-CODE"},
	{"code twice", "answers/send.yaml", `"217": {class`, `"101": {class`, "answers/send.yaml:15:3 CFG-ANSWER-CODE"},
	{"alternative never reached", "answers/send.yaml", "    - {class: done, status: accepted}\n", "    - {class: done, status: accepted}\n    - {if: input.limit > 9, class: done}\n", "answers/send.yaml:14:7 CFG-ANSWER-CODE"},
	{"accepted although pending", "answers/send.yaml", "{class: pending, status: submitted}", "{class: pending, status: accepted}", "answers/send.yaml:11:40 CFG-ANSWER-STATUS"},
	{"status of a transport code", "answers/send.yaml", "{class: transient, raise: down}", "{class: transient, status: pending, raise: down}", "answers/send.yaml:17:12 CFG-ANSWER-STATUS"},
	{"steps in answers", "answers/send.yaml", `whole: =at("code")`, `whole: =steps.send.code`, "answers/send.yaml:4:11 CFG-FORMULA-NAME"},
	{"code that is a list", "answers/send.yaml", "code: =whole", `code: =nodes("x")`, "answers/send.yaml:5:8 CFG-VALUE-TYPE"},
	{"includes itself", "answers/send.yaml", "code: =whole", "include: [answers/send.yaml]\ncode: =whole", "answers/send.yaml:5:11 CFG-ANSWER-CODE"},

	// rules
	{"loop without in", "rules/core.yaml", "each: line, i in document.lines", "each: document.lines", "rules/core.yaml:7:11 CFG-LOOP"},
	{"loop over a text", "rules/core.yaml", "each: line, i in document.lines", "each: line, i in document.number", "rules/core.yaml:7:22 CFG-LOOP"},
	{"check twice", "rules/core.yaml", "id: ZZ-2", "id: ZZ-1", "rules/core.yaml:14:10 CFG-NAME-TWICE"},
	{"check of nothing", "rules/core.yaml", "assert: net >= 0", "assert: 1 >= 0", "rules/core.yaml:15:24 CFG-CHECK"},
	{"sum over what may be absent", "rules/core.yaml", " and line.price != nil", "", "rules/core.yaml:8:42 CFG-FORMULA-ABSENT"},
	{"function misspelt", "rules/core.yaml", "=round(line", "=rond(line", "rules/core.yaml:8:20 CFG-FORMULA-NAME"},
	{"formula cut short", "rules/core.yaml", "assert: net >= 0", "assert: net >=", "rules/core.yaml:15:30 CFG-FORMULA-SYNTAX"},
	{"check without assert", "rules/core.yaml", "    assert: line.netAmount == exact\n", "", "rules/core.yaml:6:5 CFG-KEY-MISSING"},
	{"hole over a list", "rules/core.yaml", "says: too many lines", `says: "{=document.lines} lines"`, "rules/core.yaml:14:69 CFG-FORMULA-TYPE"},
	{"steps in rules", "rules/core.yaml", "net >= 0", "steps.send.code == net", "rules/core.yaml:15:24 CFG-FORMULA-NAME"},
	{"argument that cannot be right", "rules/core.yaml", "net >= 0", `'match(document.number, "(") == "x"'`, "rules/core.yaml:15:48 CFG-FORMULA-VALUE"},
	{"formula without end", "rules/core.yaml", "net >= 0", strings.Repeat("net + ", 3000) + "0 >= 0", "rules/core.yaml:15:24 CFG-FORMULA-SIZE"},
	{"clock in a formula", "rules/core.yaml", "net >= 0", "now() == net", "rules/core.yaml:15:24 CFG-FORMULA-BANNED"},

	// tables
	{"file of a table not there", "tables/tables.yaml", "file: endpoints.csv", "file: endpoint.csv", "tables/tables.yaml:3:11 CFG-FILE-MISSING\ntests/entities/shop.yaml:10:26 CFG-ENTITY"},
	{"column not in the file", "tables/tables.yaml", "weight: number}", "weight: number, more: string}", "tables/endpoints.csv:1:1 CFG-TABLE"},
	{"column not declared", "tables/tables.yaml", ", weight: number}", "}", "tables/endpoints.csv:1:40 CFG-TABLE\ntests/entities/shop.yaml:10:26 CFG-ENTITY"},
	{"cell that is no number", "tables/endpoints.csv", "/send,1.50", "/send,1.5O", "tables/endpoints.csv:2:44 CFG-TABLE-CELL"},
	{"cell that is no date", "tables/endpoints.csv", "2026-01-01", "2026-13-01", "tables/endpoints.csv:3:19 CFG-TABLE-CELL"},
	{"cell that is no environment", "tables/endpoints.csv", "send,*,test,", "send,*,tets,", "tables/endpoints.csv:2:8 CFG-TABLE-CELL"},
	{"row with a cell too many", "tables/endpoints.csv", "/send,1.50", "/send,1.50,x", "tables/endpoints.csv:2:1 CFG-TABLE\ntests/entities/shop.yaml:10:26 CFG-ENTITY"},
	{"class in a table misspelt", "tables/rejections.csv", "300,en,verdict", "300,en,verdct", "tables/rejections.csv:2:8 CFG-TABLE-CELL\ntables/rejections.csv:2:15 CFG-ANSWER-STATUS"},
	{"status in a table that its class cannot have", "tables/rejections.csv", "301,en,transient,,", "301,en,transient,accepted,", "tables/rejections.csv:4:18 CFG-ANSWER-STATUS"},
	{"code twice in a table", "tables/rejections.csv", "301,en", "300,en", "tables/rejections.csv:4:1 CFG-ANSWER-CODE"},
	{"table twice", "tables/more.yaml", "", "tables:\n  codes: {file: codes.csv, key: [code], columns: {source: string}}\n", "tables/tables.yaml:6:3 CFG-NAME-TWICE"},

	// simulator and tests
	{"map that is not kept", "simulator/authority.yaml", "put: {docs:", "put: {doc:", "simulator/authority.yaml:21:31 CFG-ROUTE"},
	{"artifact not declared", "simulator/authority.yaml", "schema: note-xsd", "schema: notes-xsd", "simulator/authority.yaml:13:18 CFG-ARTIFACT-UNKNOWN"},
	{"case never reached", "simulator/authority.yaml", "      - {when: scenario == \"down\", refuse: connection}", "      - {refuse: connection}", "simulator/authority.yaml:23:9 CFG-ROUTE"},
	{"case of a document without a code", "simulator/authority.yaml", `{when: key in keep.docs, code: "204"}`, `{when: key in keep.docs}`, "simulator/authority.yaml:20:11 CFG-ROUTE"},
	{"document in a simulator", "simulator/authority.yaml", "key in keep.docs", "document.id in keep.docs", "simulator/authority.yaml:20:18 CFG-FORMULA-NAME"},
	{"reply in two forms", "simulator/authority.yaml", `{status: 200, text:`, `{status: 200, json: =keep, text:`, "simulator/authority.yaml:25:50 CFG-ROUTE"},
	{"document of a test not there", "tests/issue.yaml", "document: documents/plain.json\nentity", "document: documents/plan.json\nentity", "tests/issue.yaml:2:11 CFG-FILE-MISSING"},
	{"time without offset", "tests/issue.yaml", "10:00:00-03:00", "10:00:00", "tests/issue.yaml:4:7 CFG-SCRIPT"},
	{"scenario misspelt", "tests/issue.yaml", "scenario: lost", "scenario: lots", "tests/issue.yaml:12:69 CFG-SCRIPT"},
	{"submission misspelt", "tests/issue.yaml", "original: a,", "original: b,", "tests/issue.yaml:12:56 CFG-SCRIPT"},
	{"status of a test misspelt", "tests/issue.yaml", "document: accepted", "document: acepted", "tests/issue.yaml:17:17 CFG-VALUE-WORD"},
	{"value of a mode misspelt", "tests/issue.yaml", "state: {service: standby}", "state: {service: stanby}", "tests/issue.yaml:10:23 CFG-VALUE-WORD"},
	{"two things in a step of a script", "tests/issue.yaml", "  - advance: 15m", "  - advance: 15m\n    restart: hard", "tests/issue.yaml:11:5 CFG-SCRIPT"},
	{"parameter of an entity misspelt", "tests/entities/shop.yaml", "series: 2", "serie: 2", "tests/entities/shop.yaml:8:47 CFG-PARAMETER"},
	{"parameter of an entity missing", "tests/entities/shop.yaml", `certificate: =secret("shop/a1"), `, "", "tests/entities/shop.yaml:1:1 CFG-PARAMETER"},
	{"parameter of an entity of the wrong type", "tests/entities/shop.yaml", "series: 2", "series: two", "tests/entities/shop.yaml:8:55 CFG-VALUE-TYPE"},
	{"secret in the file of an entity", "tests/entities/shop.yaml", "mode: slow", "apiKey: s3cr3t", "tests/entities/shop.yaml:8:66 CFG-ENTITY"},
	{"table of an entity misspelt", "tests/entities/shop.yaml", "{endpoints:", "{endpoint:", "tests/entities/shop.yaml:10:25 CFG-ENTITY"},
}

// edit returns the package in testdata/base with one mistake.
func edit(t *testing.T, m mistake) fs.FS {
	t.Helper()
	return loadtest.Edit(t, os.DirFS("testdata/base"), m.file, m.old, m.new)
}

// places formats problems as "file:line:column RULE", a line each.
func places(problems diag.List) string {
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = fmt.Sprintf("%s %s", p.Pos, p.Rule)
	}
	return strings.Join(lines, "\n")
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	if len(mistakes) < 60 {
		t.Fatalf("only %d", len(mistakes))
	}
	for _, m := range mistakes {
		b, problems := LoadAll(edit(t, m), loadtest.Registry(), nil)
		if got := places(problems); got != m.want || b != nil {
			t.Errorf("%s: want\n%s\ngot\n%s\n%s", m.name, m.want, got, show(problems))
		}
	}
}
