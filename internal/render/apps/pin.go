package apps

import (
	"fmt"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/fluxsystem"
)

// pinDir is the folder, among an app's files, that imagepin.Path leads to.
const pinDir = "image"

// pinOf returns the file that says which image an app with delivery runs,
// whatever its Deployment says; nil without delivery.
func pinOf(a platform.App) (*File, error) {
	if a.Config.Delivery == nil {
		return nil, nil
	}
	ref, err := image.ParseReference(a.Image)
	if err != nil {
		return nil, err
	}
	comment := "The image that runs here. bootstrap made this file once, from platform.yaml, and never\ntouches it again: "
	policy := ""
	if a.Automated {
		comment += "image automation moves it to each new build (docs/delivery.md)."
		policy = fluxsystem.Namespace + ":" + a.Name
	} else {
		comment += "a promotion or a person moves it (docs/delivery.md)."
	}
	data, err := imagepin.New(comment, imagepin.Pin{Name: ref.Name, Tag: ref.Tag, Digest: ref.Digest}, policy)
	if err != nil {
		return nil, fmt.Errorf("file %s/kustomization.yaml: %w", pinDir, err)
	}
	return &File{Name: pinDir + "/kustomization.yaml", Data: data, Seed: true}, nil
}
