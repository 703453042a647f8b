// Package actions holds the families of actions, a package each. It has no code
// of its own: its tests check what all actions have in common, their reference
// pages in docs/actions and the examples in their specs.
package actions
