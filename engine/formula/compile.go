package formula

import "github.com/fiscus-project/fiscus/internal/diag"

// Compile compiles the formula src, without a leading "=", that stands at pos.
// Places of problems are pos moved by line and column inside src. Without a
// grave problem the program is not nil.
func Compile(src string, pos diag.Pos, d *Decl) (*Program, diag.List) {
	c := newCompiler(src, pos, d)
	return c.compile()
}
