package xpath

import (
	"slices"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// class is a distinct path of names from the root: all elements with the same
// ancestry of names belong to one. A document of thousands of lines has a few
// hundred classes, so that a path of names is answered without touching the lines.
type class struct {
	name   xmltree.NameID
	parent int32
	child  int32 // first of the classes below, -1 for none
	next   int32 // next class of the same parent
	same   int32 // next class of the same name
	recent int32 // class below that was met last: documents repeat themselves
	count  int32
	first  int32 // place of the first node in Run.byClass
}

// survey sorts the elements of the document into classes and notes which names occur.
func (r *Run) survey(names int) {
	d := r.main
	r.present = zeroed(r.present, names>>6+1)
	if cap(r.nameClass) < names+1 {
		r.nameClass = make([]int32, names+1)
	}
	r.nameClass = r.nameClass[:names+1]
	for i := range r.nameClass {
		r.nameClass[i] = -1
	}
	n := d.Len()
	r.parents = zeroed(r.parents, n>>6+1)
	if cap(r.classOf) < n {
		r.classOf, r.byClass = make([]int32, n+n/4), make([]xmltree.Node, n+n/4)
	}
	r.classOf, r.byClass = r.classOf[:n], r.byClass[:n]
	r.classes = append(r.classes[:0], class{child: -1, next: -1, same: -1, recent: -1, parent: -1, count: 1})
	r.classOf[0] = 0
	for i := 1; i < n; i++ {
		node := xmltree.Node(i)
		id := d.Name(node)
		if id > 0 {
			r.present[id>>6] |= 1 << (id & 63)
		}
		if d.Kind(node) != xmltree.ElementNode {
			r.classOf[i] = -1
			continue
		}
		up := d.Parent(node)
		r.parents[up>>6] |= 1 << (up & 63)
		k := r.below(r.classOf[up], id)
		r.classes[k].count++
		r.classOf[i] = k
	}
	at := int32(0)
	for i := range r.classes {
		r.classes[i].first = at
		at += r.classes[i].count
		r.classes[i].count = 0
	}
	for i, k := range r.classOf {
		if k >= 0 {
			c := &r.classes[k]
			r.byClass[c.first+c.count] = xmltree.Node(i)
			c.count++
		}
	}
}

func zeroed(s []uint64, n int) []uint64 {
	if cap(s) < n {
		return make([]uint64, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// below returns the class of children of a name, adding it if it is new.
func (r *Run) below(parent int32, id xmltree.NameID) int32 {
	p := &r.classes[parent]
	last := int32(-1)
	if k := p.recent; k >= 0 {
		if r.classes[k].name == id {
			return k
		}
		if k = r.classes[k].next; k >= 0 && r.classes[k].name == id {
			p.recent = k
			return k
		}
	}
	for k := p.child; k >= 0; k = r.classes[k].next {
		if r.classes[k].name == id {
			p.recent = k
			return k
		}
		last = k
	}
	k := int32(len(r.classes))
	c := class{name: id, parent: parent, child: -1, next: -1, same: -1, recent: -1}
	if id > 0 {
		c.same = r.nameClass[id]
		r.nameClass[id] = k
	}
	if last >= 0 {
		r.classes[last].next = k
	} else {
		p.child = k
	}
	p.recent = k
	r.classes = append(r.classes, c)
	return k
}

// nodesOf returns the elements of a class in document order.
func (r *Run) nodesOf(k int32) []xmltree.Node {
	c := &r.classes[k]
	return r.byClass[c.first : c.first+c.count]
}

// classStep reports whether classes answer a step.
func (s *step) classStep() bool {
	return (s.axis == axisChild || s.axis == axisDescendant) && s.test.kind == testName && (s.test.id > 0 || s.test.ids != nil) ||
		s.axis == axisChild && s.test.kind == testName && s.test.anySpace && s.test.anyLocal
}

// purePrefix counts the steps that classes answer; the last may have plain predicates.
func purePrefix(steps []step) int {
	for i := range steps {
		if !steps[i].classStep() || !steps[i].plain {
			return i
		}
		if len(steps[i].preds) > 0 {
			return i + 1
		}
	}
	return len(steps)
}

// reach returns the classes that the first n steps lead to from a class.
func (r *Run) reach(from int32, steps []step, n int, buf *[16]int32) []int32 {
	cur, other := append(buf[:0:8], from), buf[8:8:16]
	for i := range n {
		id := steps[i].test.id
		next := other[:0]
		if ids := steps[i].test.ids; ids != nil {
			next = r.reachSeveral(cur, ids, steps[i].axis, next)
		} else if id == 0 {
			for _, k := range cur {
				for c := r.classes[k].child; c >= 0; c = r.classes[c].next {
					next = append(next, c)
				}
			}
		} else if steps[i].axis == axisChild {
			for _, k := range cur {
				for c := r.classes[k].child; c >= 0; c = r.classes[c].next {
					if r.classes[c].name == id {
						next = append(next, c)
						break
					}
				}
			}
		} else if int(id) < len(r.nameClass) {
			for c := r.nameClass[id]; c >= 0; c = r.classes[c].same {
				if r.under(c, cur) {
					next = append(next, c)
				}
			}
		}
		if len(next) == 0 {
			return nil
		}
		cur, other = next, cur
	}
	return cur
}

// under reports whether a class is below one of others.
func (r *Run) under(c int32, others []int32) bool {
	for up := r.classes[c].parent; up >= 0; up = r.classes[up].parent {
		for _, o := range others {
			if o == up {
				return true
			}
		}
	}
	return false
}

// wide reports whether a node is large enough for its classes to be worth asking.
func (r *Run) wide(n xmltree.Node) bool {
	return r.doc == r.main && (n == 0 || r.main.End(n)-n >= wideSize) && r.classOf[n] >= 0
}

// within returns the part of a list that lies inside n.
func (r *Run) within(n xmltree.Node, list []xmltree.Node) []xmltree.Node {
	if n == 0 || r.classes[r.classOf[n]].count == 1 {
		return list
	}
	return r.main.Inside(n, list)
}

// Class returns the class of an element of the document under test, -1 for other
// nodes. Elements of one class have the same path of names.
func (r *Run) Class(n xmltree.Node) int { return int(r.classOf[n]) }

// Classes returns the number of classes. Class 0 is the document; a parent has a
// lower number than its children.
func (r *Run) Classes() int { return len(r.classes) }

// ClassName returns the name of a class and the class it is below.
func (r *Run) ClassName(k int) (xmltree.NameID, int) {
	return r.classes[k].name, int(r.classes[k].parent)
}

// reachSeveral is a step with several names.
func (r *Run) reachSeveral(cur []int32, ids []xmltree.NameID, a axis, next []int32) []int32 {
	for _, id := range ids {
		if int(id) >= len(r.nameClass) {
			continue
		}
		for c := r.nameClass[id]; c >= 0; c = r.classes[c].same {
			if a == axisChild && slices.Contains(cur, r.classes[c].parent) || a == axisDescendant && r.under(c, cur) {
				next = append(next, c)
			}
		}
	}
	return next
}
