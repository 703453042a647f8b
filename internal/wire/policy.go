package wire

import (
	"fmt"
	"net/netip"
)

// Policy says which addresses may be reached besides public ones.
type Policy struct {
	// AllowPrivate lists ranges that are not public and may be reached all the
	// same: a simulator on loopback, an operator in the company's network.
	AllowPrivate []netip.Prefix
}

// Loopback is the range of simulators and tests on this machine.
var Loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// special are the ranges that are not public although the predicates of netip
// do not name them, and those that carry an IPv4 address inside.
// Source: IANA special-purpose address registries.
var special = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10")

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

// listed reports whether the environment allows the address by name.
func (p Policy) listed(a netip.Addr) bool { return within(p.AllowPrivate, a.Unmap()) }

// check returns an error if the address may not be reached.
func (p Policy) check(a netip.Addr) error {
	a = a.Unmap().WithZone("")
	if p.listed(a) || public(a) {
		return nil
	}
	return privateError{a}
}

type privateError struct{ addr netip.Addr }

func (e privateError) Error() string {
	return fmt.Sprintf("address %s is not public and not listed by the environment", e.addr)
}

func public(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !within(special, a)
}

func within(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
