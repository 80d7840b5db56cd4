package terraform

import "os"

// backendFile is where Terraform notes with which state a folder is connected.
const backendFile = ".terraform/terraform.tfstate"

// Connected reports whether the folder was connected with its state before (see
// Init). Without that, nothing is known of the state here.
func (s *Stack) Connected() bool { return s.has(backendFile) }

// Waits reports whether a saved plan waits to be applied. It may be a stale one.
func (s *Stack) Waits() bool { return s.has(savedOf) }

func (s *Stack) has(name string) bool {
	info, err := os.Stat(s.path(name))
	return err == nil && info.Mode().IsRegular()
}
