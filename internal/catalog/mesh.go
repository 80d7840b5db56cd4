package catalog

// Mesh is what an app needs to take part in a mesh.
type Mesh struct {
	// The Pod Security level of the app's namespace.
	PodSecurity PodSecurity `json:"podSecurity"`
	// Labels of the namespace.
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations of the pods.
	Annotations map[string]string `json:"annotations,omitempty"`
	// Connections that the pods need besides their own.
	Network []Flow `json:"network,omitempty"`
}
