package wire

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// ServeControl answers for the faults and the calls over HTTP:
//
//	GET    /calls?after=N       the calls received after the one numbered N
//	GET    /faults              the faults that are on
//	POST   /faults              switches a fault on (a Fault as JSON); answers with its ID
//	DELETE /faults[?id=ID]      switches it, or all, off
func (h *Hub) ServeControl(mux *http.ServeMux, prefix string) {
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET "+prefix+"/calls", func(w http.ResponseWriter, r *http.Request) {
		after, _ := strconv.Atoi(r.URL.Query().Get("after"))
		answer(w, h.Calls(after))
	})
	mux.HandleFunc("GET "+prefix+"/faults", func(w http.ResponseWriter, r *http.Request) { answer(w, h.Faults()) })
	mux.HandleFunc("POST "+prefix+"/faults", func(w http.ResponseWriter, r *http.Request) {
		var f Fault
		d := json.NewDecoder(r.Body)
		d.DisallowUnknownFields()
		if err := d.Decode(&f); err != nil {
			http.Error(w, "fault: "+err.Error(), http.StatusBadRequest)
			return
		}
		if err := f.Check(); err != nil {
			http.Error(w, "fault: "+err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, map[string]string{"id": h.Add(f)})
	})
	mux.HandleFunc("DELETE "+prefix+"/faults", func(w http.ResponseWriter, r *http.Request) {
		h.Remove(r.URL.Query().Get("id"))
		answer(w, h.Faults())
	})
}
