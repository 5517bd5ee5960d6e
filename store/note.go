package store

// A note is a fact about the store as a whole that spares whoever starts a look at every record.

const notePrefix = "meta/note/"

// Note returns what was noted under a name; empty where nothing was.
func (tx *ReadTx) Note(name string) (string, error) {
	raw, err := tx.r.Get(notePrefix + name)
	return string(raw), err
}

// SetNote notes something.
func (tx *Tx) SetNote(name, value string) error { return tx.w.Put(notePrefix+name, []byte(value)) }
