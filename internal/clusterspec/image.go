package clusterspec

// Image is a machine image by the name that kops looks it up by.
type Image struct {
	// Architecture is as EC2 calls it.
	Architecture string
	Name         string
}

// Images are the machine images of nodes, the usual architecture first. They
// are the ones that kops' stable channel recommends (channels/stable of the
// version in go.mod): a name that moves would make two renders differ.
func Images() []Image {
	const name = "099720109477/ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-"
	return []Image{
		{Architecture: "x86_64", Name: name + "amd64-server-20260218"},
		{Architecture: "arm64", Name: name + "arm64-server-20260218"},
	}
}

// Files are what nodes download of kops itself, whose checksums kops does not
// hold and asks the internet for.
func Files() []string {
	var files []string
	for _, architecture := range []string{"amd64", "arm64"} {
		for _, program := range []string{"nodeup", "protokube", "channels"} {
			files = append(files, "https://artifacts.k8s.io/binaries/kops/"+KopsVersion+"/linux/"+architecture+"/"+program)
		}
	}
	return files
}
