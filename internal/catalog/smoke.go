package catalog

// SmokeTest asks a running cluster whether a component does for its users what
// it is there for: either about objects, or by a request to one of its pods.
type SmokeTest struct {
	// What is promised, one sentence, such as: A backup of the last day is there.
	Promise string `json:"promise" jsonschema:"minLength=10"`
	// The kinds whose objects are looked at, in all namespaces.
	Objects []SmokeObjects `json:"objects,omitempty"`
	// The request that is made.
	Request *SmokeRequest `json:"request,omitempty"`
	// CEL expression that is true when the promise is kept. It sees now, a
	// timestamp; objects, a list; or response, what the body's JSON says.
	Kept string `json:"kept" jsonschema:"minLength=1"`
	// CEL expression that is true while it is too early to tell: then nobody asks
	// whether the promise is kept.
	Early string `json:"early,omitempty"`
	// What to look at when it is not kept.
	Fix string `json:"fix" jsonschema:"minLength=10"`
}

// SmokeObjects is a kind of objects.
type SmokeObjects struct {
	APIVersion string `json:"apiVersion" jsonschema:"minLength=1"`
	Kind       string `json:"kind" jsonschema:"minLength=1"`
}

// SmokeRequest is a GET by HTTP to the first ready pod of the component's
// namespace that has the labels, through the API server.
type SmokeRequest struct {
	Pods map[string]string `json:"pods" jsonschema:"minProperties=1"`
	Port int               `json:"port" jsonschema:"minimum=1,maximum=65535"`
	// Path and query, which have to answer 200 and JSON.
	Path string `json:"path" jsonschema:"pattern=^/" jsonschema_extras:"x-want=a path such as /api/v1/status"`
}
