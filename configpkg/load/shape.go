package load

// Shape says which keys a map of the language may have.
type Shape struct {
	Name string
	Doc  string
	Keys []Key
	Open bool // other keys are names given by the author
}

// Key is a key of a shape.
type Key struct {
	Name     string
	Type     KeyType
	Of       string // shape of the map, or of the maps in the list
	Required bool
	Values   []string          // the words allowed; empty: any
	Later    map[string]string // words of the language that are not built yet, by construct
	NotBuilt string            // construct of NotBuilt, if the key is not built yet
	Doc      string
}

// KeyType is what may stand behind a key.
type KeyType uint8

// The types of values behind keys.
const (
	AnyValue   KeyType = iota // checked where it is read
	Word                      // a literal text
	WordList                  // a list of literal texts
	Words                     // one literal text or a list of them
	Int                       // a whole number
	Bool                      // true or false
	Span                      // a duration: a literal such as 30s, or a formula
	Val                       // a value by the value rule
	Cond                      // always a formula; says whether something holds
	Form                      // a formula, with "=" in front
	People                    // a text for people, or a map of language to text
	Object                    // a map of a shape
	ObjectList                // a list of maps of a shape
	ObjectMap                 // a map of names to maps of a shape
	Names                     // a map of names to values
)

var keyTypes = [...]string{"value", "text", "list of texts", "text or list of texts", "whole number", "true or false", "duration",
	"value", "condition", "formula", "text for people", "map", "list of maps", "map of maps", "map of values"}

// String names the type for people.
func (t KeyType) String() string { return keyTypes[t] }

func (s *Shape) key(name string) *Key {
	for i := range s.Keys {
		if s.Keys[i].Name == name {
			return &s.Keys[i]
		}
	}
	return nil
}

func (s *Shape) names() []string {
	names := make([]string, len(s.Keys))
	for i, k := range s.Keys {
		names[i] = k.Name
	}
	return names
}

// Shapes returns all shapes, in the order of the reference.
func Shapes() []Shape {
	var all []Shape
	for _, group := range [][]Shape{packageShapes, flowShapes, answerShapes, mappingShapes, readingShapes, channelShapes, simulatorShapes, dataShapes, overlayShapes} {
		all = append(all, group...)
	}
	return all
}

var shapes = func() map[string]*Shape {
	all := map[string]*Shape{}
	for _, s := range Shapes() {
		all[s.Name] = &s
	}
	return all
}()
