package load

import (
	"maps"
	"slices"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
)

// The rule ids this package raises itself.
const (
	RuleNotBuilt    = "CFG-NOT-BUILT"
	RuleFile        = "CFG-FILE"
	RuleFileKind    = "CFG-FILE-KIND"
	RuleFolder      = "CFG-FILE-FOLDER"
	RuleFileMissing = "CFG-FILE-MISSING"
	RulePackage     = "CFG-PACKAGE-MISSING"
	RuleImport      = "CFG-IMPORT"
	RuleUnknownKey  = "CFG-KEY-UNKNOWN"
	RuleMissing     = "CFG-KEY-MISSING"
	RuleKind        = "CFG-VALUE-KIND"
	RuleWord        = "CFG-VALUE-WORD"
	RuleFormula     = "CFG-VALUE-FORMULA"
	RuleType        = "CFG-VALUE-TYPE"
	RuleName        = "CFG-NAME-FORM"
	RuleTwice       = "CFG-NAME-TWICE"
	RuleLoop        = "CFG-LOOP"
	RuleTypeName    = "CFG-TYPE-UNKNOWN"
	RuleLetCycle    = "CFG-LET-CYCLE"
	RuleDocument    = "CFG-DOCUMENT-UNKNOWN"
	RuleSchema      = "CFG-SCHEMA"
	RuleVersion     = "CFG-VERSION"
	RuleParameter   = "CFG-PARAMETER"
	RuleState       = "CFG-STATE-UNKNOWN"
	RuleArtifact    = "CFG-ARTIFACT-UNKNOWN"
	RuleTable       = "CFG-TABLE"
	RuleCell        = "CFG-TABLE-CELL"
	RuleAction      = "CFG-ACTION-UNKNOWN"
	RuleInput       = "CFG-INPUT"
	RuleFlow        = "CFG-FLOW-UNKNOWN"
	RuleFlowCycle   = "CFG-FLOW-CYCLE"
	RuleStep        = "CFG-STEP-UNKNOWN"
	RuleStepForm    = "CFG-STEP-FORM"
	RuleStepCycle   = "CFG-STEP-CYCLE"
	RuleDeed        = "CFG-HANDLE"
	RuleFence       = "CFG-FENCE"
	RuleClause      = "CFG-CLAUSE"
	RuleCode        = "CFG-ANSWER-CODE"
	RuleStatus      = "CFG-ANSWER-STATUS"
	RuleCheck       = "CFG-CHECK"
	RuleRoute       = "CFG-ROUTE"
	RuleScript      = "CFG-SCRIPT"
	RuleEntity      = "CFG-ENTITY"
	RuleWords       = "CFG-ENTITY-WORDS"
	RuleFragment    = "CFG-FRAGMENT-UNKNOWN"
	RulePart        = "CFG-PART-UNKNOWN"
	RulePath        = "CFG-PATH"
	RuleChange      = "CFG-CHANGE"
)

// Rules returns what each rule id of configpkg means, in one line.
func Rules() map[string]string { return maps.Clone(rules) }

// RuleIDs returns all rule ids, sorted.
func RuleIDs() []string { return slices.Sorted(maps.Keys(rules)) }

var rules = map[string]string{
	yml.RuleEmpty:     "The file is empty.",
	yml.RuleSyntax:    "YAML cannot read the file.",
	yml.RuleDuplicate: "A key stands twice in one map.",
	yml.RuleAnchor:    "An anchor holds itself.",
	yml.RuleMerge:     `The merge key "<<" is not part of the language.`,
	yml.RuleTag:       "Tags are not part of the language.",
	yml.RuleTab:       "A tab character.",
	yml.RuleFolded:    "A formula is folded over lines and has no exact place.",
	yml.RuleQuote:     "YAML cuts a formula that needs quotation marks.",
	yml.RuleComment:   "YAML cuts a formula at a comment.",
	yml.RuleKey:       "A key is no text, or other YAML readers take it for a boolean.",
	yml.RuleSize:      "A file is too long, too deep, or has too many nodes.",
	yml.RuleEncoding:  "A file is not UTF-8.",

	formula.RuleSyntax: "The text of a formula cannot be read.",
	formula.RuleName:   "A name, field or function is not in sight.",
	formula.RuleType:   "Operands or arguments do not fit.",
	formula.RuleValue:  "A constant argument cannot be right.",
	formula.RuleBanned: "A construct that formulas do not have.",
	formula.RuleSize:   "A formula is too long or too deep.",
	formula.RuleMaybe:  "Arithmetic on something that may be absent: write ?? and what counts instead, or ask before.",
	formula.RuleSchema: "A schema does not say one type for each node.",

	"CFG-LINT-UNKNOWN":   "A step sends, and nothing says what to do when no answer can be read.",
	"CFG-LINT-PENDING":   "An answer may be pending, and nothing asks again.",
	"CFG-LINT-DUPLICATE": "An answer may be duplicate, and nothing asks for the earlier verdict.",
	"CFG-LINT-CODE":      "A documented code has no entry of its own.",
	"CFG-LINT-SECRET":    "A secret stands in the package.",
	"CFG-LINT-REACHED":   "A step, deed or flow is never reached.",
	"CFG-LINT-UNUSED":    "Something is declared and read by nothing.",
	"CFG-LINT-GIVEN":     "An input may be left out, and nobody ever gives it.",

	"CFG-LINT-SOURCE":   "A check does not say which text of the authority asks for it.",
	"CFG-LINT-HINT":     "A refusal of the authority does not say what to do about it.",
	"CFG-LINT-TESTS":    "A package without tests.",
	"CFG-LINT-DRAWN":    "A flow draws two numbers of one counter for the same key.",
	"CFG-LINT-REPEATED": "A text or number stands in many places; a constant would say it once.",

	"CFG-OVERLAP":     "Two flows of one priority take the same document.",
	"CFG-UNREACHABLE": "A flow never gets a document.",
	"CFG-GAP":         "A document that no flow takes.",

	RuleNotBuilt:    "The language has it, this version does not.",
	RuleFile:        "A file cannot be read.",
	RuleFileKind:    "The first key of a file names no known kind, or another one than is wanted.",
	RuleFolder:      "A file stands in the wrong folder.",
	RuleFileMissing: "A file that is referred to is not in the package.",
	RulePackage:     "There is no package.yaml.",
	RuleImport:      "A package that is imported is not found, is another one, or packages import each other.",
	RuleUnknownKey:  "A key that is not known at this place.",
	RuleMissing:     "A key that must be there is not.",
	RuleKind:        "A value is of the wrong kind: text, list or map.",
	RuleWord:        "A word is not one of those allowed.",
	RuleFormula:     "A formula stands where none may, or a text where a formula must.",
	RuleType:        "A value does not fit its type.",
	RuleName:        "A name is not well formed.",
	RuleTwice:       "A name is given twice.",
	RuleLoop:        `A loop is not "x in list", or goes over no list.`,
	RuleTypeName:    "A type that the language does not have.",
	RuleLetCycle:    "Names of let need each other.",
	RuleDocument:    "A business document that the engine does not know.",
	RuleSchema:      "The schema of the extension cannot be used.",
	RuleVersion:     "A version or range of versions cannot be read.",
	RuleParameter:   "A parameter is declared or set wrongly.",
	RuleState:       "A state object is not declared, or is of another kind.",
	RuleArtifact:    "An artifact is not declared.",
	RuleTable:       "A table does not fit its declaration.",
	RuleCell:        "A cell of a table does not fit its column.",
	RuleAction:      "An action that does not exist.",
	RuleInput:       "An input is unknown, missing or of the wrong type.",
	RuleFlow:        "A flow that does not exist, or cannot be used here.",
	RuleFlowCycle:   "Flows use each other in a circle.",
	RuleStep:        "A step that does not exist.",
	RuleStepForm:    "A step does not say exactly one thing to do, or has keys that do not go together.",
	RuleStepCycle:   "Steps wait for each other.",
	RuleDeed:        "A handler names no class, code or deed, or one that cannot stand there.",
	RuleFence:       "What is written could send twice.",
	RuleClause:      "A clause of applies is not well formed or does not fit its field.",
	RuleCode:        "An answer code is given a meaning twice, or a meaning that it cannot have.",
	RuleStatus:      "A status stands where none may: a verdict is listed code by code.",
	RuleCheck:       "A rule is not well formed.",
	RuleRoute:       "A route of a simulator is not well formed.",
	RuleScript:      "A step of a test script is not well formed.",
	RuleEntity:      "An entity or deployment does not fit the packages in use.",
	RuleWords:       "A legal entity has its own words about a code or rule that the package does not name.",
	RuleFragment:    "A fragment that does not exist, or that uses itself.",
	RulePart:        "A part that a mapping does not have.",
	RuleChange:      "A change of another mapping that does not fit it.",
	RulePath:        "A path into a tree that cannot be read.",

	nodes.RuleName:      "A name of an element or attribute that XML does not have.",
	nodes.RulePrefix:    "A prefix without namespace.",
	nodes.RuleTwice:     "An attribute stands twice in one element.",
	nodes.RuleNode:      "A construct of the node language that does not fit its place.",
	nodes.RuleAllow:     "The allowed characters of a text rule cannot be read.",
	nodes.RuleReplace:   "A replacement is not allowed itself.",
	nodes.RuleNamespace: "A namespace that cannot be declared.",
}
