// Package archtest holds the rules of the house that a compiler does not know:
// which package may import which, what the pure packages may not reach, what
// the light start may not pay for. They are tests; nothing imports this package.
package archtest
