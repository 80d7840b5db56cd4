package helmrender

// Split is split, for the test that compares it with Helm's.
func Split(text string) []string { return split(text) }
