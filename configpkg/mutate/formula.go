package mutate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// edit is a change of a formula at a place in it.
type edit struct {
	op   Operator
	at   int // code point
	text string
}

var exchange = map[string]struct {
	op Operator
	to string
}{
	"==": {Compare, "!="}, "!=": {Compare, "=="}, "<": {Compare, "<="}, "<=": {Compare, "<"}, ">": {Compare, ">="}, ">=": {Compare, ">"},
	"and": {Logic, "or"}, "or": {Logic, "and"}, "&&": {Logic, "or"}, "||": {Logic, "and"}, "not": {Logic, ""}, "!": {Logic, ""},
	"+": {Arithmetic, "-"}, "-": {Arithmetic, "+"}, "*": {Arithmetic, "/"}, "/": {Arithmetic, "*"}, "%": {Arithmetic, "*"},
}

// edits returns the changes of a formula, from left to right.
func edits(text string) []edit {
	tokens, err := lexer.Lex(file.NewSource(text))
	if err != nil {
		return nil
	}
	runes := []rune(text)
	var all []edit
	for i, t := range tokens {
		from, to := t.From, t.To
		if from < 0 || to > len(runes) || from >= to {
			continue
		}
		op, with, ok := change(tokens, i, string(runes[from:to]))
		if ok {
			all = append(all, edit{op, from, string(runes[:from]) + with + string(runes[to:])})
		}
	}
	return all
}

// change returns what becomes of a token.
func change(tokens []lexer.Token, i int, text string) (Operator, string, bool) {
	t := tokens[i]
	switch t.Kind {
	case lexer.Number:
		return Number, grown(text), true
	case lexer.String:
		return Text, strconv.Quote(t.Value + "x"), true
	case lexer.Operator:
		x, ok := exchange[t.Value]
		if !ok || (t.Value == "+" || t.Value == "-") && unary(tokens, i) {
			return "", "", false
		}
		if t.Value == "not" && i+1 < len(tokens) && tokens[i+1].Value == "in" {
			return "", "", false // not in: two words, one operator; negated as a whole by others
		}
		return x.op, x.to, true
	}
	return "", "", false
}

// unary reports whether a sign stands before a value.
func unary(tokens []lexer.Token, i int) bool {
	if i == 0 {
		return true
	}
	p := tokens[i-1]
	return p.Kind == lexer.Operator || p.Kind == lexer.Bracket && strings.Contains("([{", p.Value)
}

// grown adds one to the last digit of a number, with the carry.
func grown(text string) string {
	digits := []byte(text)
	for i := len(digits) - 1; i >= 0; i-- {
		switch {
		case digits[i] == '.' || digits[i] == '_':
		case digits[i] < '0' || digits[i] > '9':
			return text + "1"
		case digits[i] < '9':
			digits[i]++
			return string(digits)
		default:
			digits[i] = '0'
		}
	}
	return "1" + string(digits)
}

// more returns a literal that differs: a number grows, a text gets a letter.
func more(text string) string {
	end := len(text)
	for end > 0 && (text[end-1] < '0' || text[end-1] > '9') {
		end--
	}
	begin := end
	for begin > 0 && text[begin-1] >= '0' && text[begin-1] <= '9' {
		begin--
	}
	if unit := text[end:]; begin == 0 && end > 0 && len(unit) <= 1 {
		return grown(text[:end]) + unit // a number, or a duration such as 5m
	}
	return text + "x"
}

func negated(text string) string {
	return fmt.Sprintf("not (%s)", strings.TrimPrefix(strings.TrimSpace(text), "="))
}
