// Package acme takes the place of the ACME client's own.
package acme

// Account at a server.
type Account struct {
	Status  string   `json:"status,omitempty"`
	Contact []string `json:"contact,omitempty"`
}

// ExtendedAccount is an account and where it is.
type ExtendedAccount struct {
	Account

	Location string `json:"accountURL,omitempty"`
}
