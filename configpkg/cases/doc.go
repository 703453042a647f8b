// Package cases finds documents that show what the rules of a feature package
// do: for each rule one that just holds and one that just fails. It starts from
// the documents of the package's tests and changes one field, or two, until the
// rule says something else; every case is run as a test before it is given.
//
// Begin with Find. Mask makes a copy of a real document that no longer says
// whose it was and for which every rule does the same.
package cases
