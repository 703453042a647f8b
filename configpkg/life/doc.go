// Package life is what happens to a feature package after it was written: its
// release record, its signature, its archive, and what a new version says
// differently.
//
// Begin with Verify, which judges a package folder by the record beside it;
// Complete, Publish and Retire make and change records; Archive and Unpack
// carry a package elsewhere; Diff tells two packages apart.
//
// It promises: the digest of a package covers its files and nothing else; a
// record that is signed is the only one that is believed; an archive is the same
// bytes for the same package everywhere, and any byte of archive, record or
// signature that was changed is refused.
package life
