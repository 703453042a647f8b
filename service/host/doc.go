// Package host gives the interpreter its hands in the real world: the clock,
// the keys of a data folder, the transport, official files.
//
// Begin with Keys, StandIns and Transport.
package host
