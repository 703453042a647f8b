package load

// reading compiles a reading file.
func (l *loader) reading(u *unit) { l.notBuilt(u.node.Pos, "readings") }
