// Command vault is the Vault server with what the platform uses of it: raft
// storage, transit seal, key-value secrets, Kubernetes logins. Its own build tag
// minimal leaves the databases and clouds out, but Kubernetes logins as well:
// they are put back here.
package main

import (
	"os"
	"reflect"

	credKubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	"github.com/hashicorp/vault/command"
	"github.com/hashicorp/vault/helper/builtinplugins"
	"github.com/hashicorp/vault/sdk/logical"
)

func main() {
	addCredential("kubernetes", credKubernetes.Factory)
	os.Exit(command.Run(os.Args[1:]))
}

// addCredential adds an auth method to the registry, which has no way to do so
// for those outside of its package.
func addCredential(name string, factory logical.Factory) {
	field := reflect.ValueOf(builtinplugins.Registry).Elem().FieldByName("credentialBackends")
	backends := reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem()
	backend := reflect.New(field.Type().Elem()).Elem()
	backend.FieldByName("Factory").Set(reflect.ValueOf(factory))
	backends.SetMapIndex(reflect.ValueOf(name), backend)
}
