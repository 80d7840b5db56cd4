package apitest

import "net/http"

// try answers a patch as change would, and keeps nothing. As of the real one,
// an object that would be made has no version, one that is there keeps its own.
func (s *Server) try(w http.ResponseWriter, r *http.Request, sent Object) {
	if r.Method != http.MethodPatch || r.URL.Query().Get("dryRun") != "All" {
		Fail(w, http.StatusNotImplemented, "NotImplemented", "apitest tries patches alone, with dryRun=All")
		return
	}
	reply(w, http.StatusOK, merge(s.Get(r.URL.Path), sent))
}

// labelled keeps the items that have the label; a selector is a label's key
// alone.
func labelled(items []any, selector string) []any {
	if selector == "" {
		return items
	}
	kept := []any{}
	for _, item := range items {
		labels, _ := item.(Object)["metadata"].(Object)["labels"].(Object)
		if _, ok := labels[selector]; ok {
			kept = append(kept, item)
		}
	}
	return kept
}
