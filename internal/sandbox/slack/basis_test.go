package slack

import "testing"

func TestEveryBasisIsOfAnOperationThatIsThere(t *testing.T) {
	s := New(Config{})
	defer s.Close()
	known, strays := s.bases()
	for _, b := range known {
		if b.Does == "" {
			t.Errorf("nothing is said of %s %s: add what it does and rests on to a file basis_….go", b.Service, b.Operation)
		}
	}
	for _, s := range strays {
		t.Errorf("there is no operation %s, or it is spoken of twice", s)
	}
}
