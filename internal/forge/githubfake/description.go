package githubfake

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

//go:embed operations.txt
var operations string

//go:embed testdata/api.github.com.json.gz
var packed []byte

// description is GitHub's own of the operations that this project uses.
type description struct {
	doc        *openapi3.T
	operations map[string]*routers.Route // by method and path
}

// describe reads the description. What it leaves open is closed: an object has
// the fields that it names, and no others.
func describe() (*description, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("reading GitHub's description: %w", err)
	}
	d := &description{doc, map[string]*routers.Route{}}
	c := closing{map[*openapi3.Schema]bool{}, map[*openapi3.Schema]bool{}}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			d.operations[method+" "+path] = &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: operation}
			if operation.RequestBody != nil {
				c.content(operation.RequestBody.Value.Content)
			}
			for _, response := range operation.Responses.Map() {
				c.content(response.Value.Content)
			}
		}
	}
	c.close()
	return d, nil
}

// closing finds the objects of a description that may have no other field. One
// that is part of another is none of them.
type closing struct{ objects, parts map[*openapi3.Schema]bool }

func (c closing) content(content openapi3.Content) {
	for _, media := range content {
		c.see(media.Schema)
	}
}

func (c closing) see(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil || c.objects[ref.Value] {
		return
	}
	s := ref.Value
	c.objects[s] = true
	for _, part := range s.AllOf {
		c.parts[part.Value] = true
		c.see(part)
	}
	for _, other := range slices.Concat(s.OneOf, s.AnyOf) {
		if len(s.Properties) > 0 {
			c.parts[other.Value] = true
		}
		c.see(other)
	}
	for _, property := range s.Properties {
		c.see(property)
	}
	c.see(s.Items)
}

func (c closing) close() {
	for s := range c.objects {
		open := s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil
		if open && !c.parts[s] && len(s.Properties) > 0 && len(s.AllOf) == 0 {
			s.AdditionalProperties.Has = new(false)
		}
	}
}

// input is a request as the validator wants it.
func (d *description) input(route *routers.Route, r *http.Request, body []byte) *openapi3filter.RequestValidationInput {
	params := map[string]string{}
	for _, p := range slices.Concat(route.PathItem.Parameters, route.Operation.Parameters) {
		if p.Value.In == openapi3.ParameterInPath {
			params[p.Value.Name] = r.PathValue(p.Value.Name)
		}
	}
	copied := r.Clone(r.Context())
	if copied.Body = http.NoBody; len(body) > 0 {
		copied.Body = io.NopCloser(bytes.NewReader(body))
	}
	return &openapi3filter.RequestValidationInput{
		Request: copied, PathParams: params, Route: route,
		Options: &openapi3filter.Options{SkipSettingDefaults: true, IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
}

// request says what is wrong with one.
func (d *description) request(ctx context.Context, in *openapi3filter.RequestValidationInput, hasBody bool) error {
	for name := range in.Request.URL.Query() {
		if in.Route.PathItem.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil &&
			in.Route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			return fmt.Errorf("the description has no query parameter %q", name)
		}
	}
	if hasBody && in.Route.Operation.RequestBody == nil {
		return fmt.Errorf("the description has no body")
	}
	return openapi3filter.ValidateRequest(ctx, in)
}

// response says what is wrong with one. Where an operation lists no error with
// a status, GitHub's basic error is what it holds to.
func (d *description) response(ctx context.Context, in *openapi3filter.RequestValidationInput, a answer, body []byte) error {
	if in.Route.Operation.Responses.Status(a.status) == nil && a.status >= http.StatusBadRequest {
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			return err
		}
		return d.doc.Components.Schemas["basic-error"].Value.VisitJSON(v)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: a.status, Header: http.Header{"Content-Type": {contentType}}, Options: in.Options}
	return openapi3filter.ValidateResponse(ctx, out.SetBodyBytes(body))
}

// schema is that of an operation's answer; nil where it has no body.
func schema(route *routers.Route, status int) *openapi3.SchemaRef {
	response := route.Operation.Responses.Status(status)
	if response == nil {
		return nil
	}
	media := response.Value.Content.Get(contentType)
	if media == nil {
		return nil
	}
	return media.Schema
}

// fill adds to a value what its schema requires, so that the fake has to know
// only what this project looks at.
func fill(ref *openapi3.SchemaRef, v any) any {
	if ref == nil || ref.Value == nil {
		return v
	}
	s := ref.Value
	if v == nil {
		if s.Nullable {
			return nil
		}
		v = empty(s)
	}
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = fill(s.Items, v[i])
		}
	case map[string]any:
		s = alternative(s, v)
		for _, part := range s.AllOf {
			fill(part, v)
		}
		for name, property := range s.Properties {
			have, is := v[name]
			switch {
			case is && have != nil:
				v[name] = fill(property, have)
			case !is && slices.Contains(s.Required, name):
				if v[name] = fill(property, nil); v[name] == unsaid && strings.HasSuffix(name, "_at") {
					v[name] = someTime // not each time is described as one
				}
			}
		}
	}
	return v
}

// alternative is the one of a schema's that knows all fields of v, whose fixed
// words are those of v, and that requires least.
func alternative(s *openapi3.Schema, v map[string]any) *openapi3.Schema {
	if len(s.Properties) > 0 {
		return s
	}
	best := s
	for _, ref := range slices.Concat(s.OneOf, s.AnyOf) {
		fits := best == s || len(ref.Value.Required) < len(best.Required)
		for name, value := range v {
			property := ref.Value.Properties[name]
			fits = fits && property != nil && (len(property.Value.Enum) == 0 || slices.Contains(property.Value.Enum, value))
		}
		if fits {
			best = ref.Value
		}
	}
	return best
}

// What is filled in.
const (
	unsaid   = "unsaid"
	someTime = "2026-01-01T00:00:00Z"
)

// empty is a value of a schema that says nothing.
func empty(s *openapi3.Schema) any {
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Type.Is(openapi3.TypeInteger), s.Type.Is(openapi3.TypeNumber):
		return 1
	case s.Type.Is(openapi3.TypeBoolean):
		return false
	case s.Type.Is(openapi3.TypeArray):
		return []any{}
	case !s.Type.Is(openapi3.TypeString):
		return map[string]any{}
	}
	switch s.Format {
	case "uri":
		return "https://api.github.com/"
	case "date-time":
		return someTime
	}
	return unsaid
}

// names are the operations of the description, as "METHOD /path".
func (d *description) names() []string { return slices.Sorted(maps.Keys(d.operations)) }

// plain turns what is told of a request into the words of JSON.
func plain(v any) (any, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out any
	err = json.Unmarshal(data, &out)
	return out, err
}

// pageOf cuts a page out of a list; link is the header that names the next.
func pageOf(list []any, address *url.URL) (page []any, link string) {
	number, size := 1, 30
	query := address.Query()
	for name, into := range map[string]*int{"page": &number, "per_page": &size} {
		if text := query.Get(name); text != "" {
			if _, err := fmt.Sscan(text, into); err != nil {
				return nil, ""
			}
		}
	}
	from := min((max(number, 1)-1)*size, len(list))
	to := min(from+size, len(list))
	if to < len(list) {
		query.Set("page", fmt.Sprint(number+1))
		link = "<https://api.github.com" + address.Path + "?" + query.Encode() + `>; rel="next"`
	}
	return list[from:to], link
}
