package xmltree

// Limits bound what a document may cost. A zero field takes its default.
type Limits struct {
	Bytes      int // length of the input; default 256 MiB, at most 1 GiB
	Depth      int // nested elements; default 512
	Nodes      int // all nodes; default 32 million
	Names      int // different names, prefixes and namespaces; default 20,000
	Attributes int // attributes and declarations of one element; default 1,000, at most 65,535
}

func (l Limits) withDefaults() Limits {
	l.Bytes = min(or(l.Bytes, 256<<20), 1<<30)
	l.Depth = or(l.Depth, 512)
	l.Nodes = or(l.Nodes, 32_000_000)
	l.Names = or(l.Names, 20_000)
	l.Attributes = min(or(l.Attributes, 1000), 1<<16-1)
	return l
}

func or(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

// Options say how to parse. The zero value is right for a document without shared rules.
type Options struct {
	File   string // name for problems
	Names  *Names // shared names; nil for none
	Limits Limits
}
