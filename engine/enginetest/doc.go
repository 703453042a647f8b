// Package enginetest holds the suites that every Log and Transport must pass,
// and a small made-up world for tests of whoever runs flows: an authority in
// memory, actions of every effect, flows written in Go.
//
// Begin with Log (the suite) or NewWorld.
package enginetest
