package xmltree

import "slices"

// nameIndex lists the elements of a document by name.
type nameIndex struct {
	first []int32 // first[id+own] .. first[id+own+1] in list
	list  []Node
	own   NameID
}

// ByName returns the elements with this name in document order. The index is
// built once, on the first call; the caller must not change the result.
func (d *Document) ByName(id NameID) []Node {
	x := d.index.Load()
	if x == nil {
		x = d.buildIndex()
		d.index.Store(x)
	}
	at := int(id + x.own)
	if at < 0 || at+1 >= len(x.first) {
		return nil
	}
	return x.list[x.first[at]:x.first[at+1]]
}

func (d *Document) buildIndex() *nameIndex {
	x := &nameIndex{own: NameID(len(d.own))}
	x.first = make([]int32, len(d.own)+len(d.base.list)+2)
	total := 0
	for i := range d.nodes {
		if d.nodes[i].kind == ElementNode {
			x.first[d.nodes[i].name+x.own+1]++
			total++
		}
	}
	for i := 1; i < len(x.first); i++ {
		x.first[i] += x.first[i-1]
	}
	fill := slices.Clone(x.first)
	x.list = make([]Node, total)
	for i := range d.nodes {
		if v := &d.nodes[i]; v.kind == ElementNode {
			at := &fill[v.name+x.own]
			x.list[*at] = Node(i)
			*at++
		}
	}
	return x
}

// Inside returns the part of list, which is in document order, that lies inside n.
func (d *Document) Inside(n Node, list []Node) []Node {
	from, _ := slices.BinarySearch(list, n+1)
	to, _ := slices.BinarySearch(list[from:], d.nodes[n].end)
	return list[from : from+to]
}
