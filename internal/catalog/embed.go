package catalog

import (
	"embed"
	"io/fs"
)

// BuiltinOrigin names the built-in layer in messages.
const BuiltinOrigin = "builtin"

//go:embed components
var components embed.FS

// Builtin returns the components that come with the tool, one folder each.
func Builtin() fs.FS {
	sub, err := fs.Sub(components, "components")
	if err != nil {
		panic(err) // the path is a constant and valid
	}
	return sub
}

// BuiltinLayer is the layer of the components that come with the tool.
func BuiltinLayer() Layer { return Layer{Origin: BuiltinOrigin, FS: Builtin(), Proven: true} }
