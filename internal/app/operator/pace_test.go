package operator

import (
	"testing"
	"time"
)

func TestTheTimeLeftFollowsTheLastMinutes(t *testing.T) {
	begin := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	p := &pace{}
	p.note(begin, 0)
	p.note(begin.Add(5*time.Second), 10)
	if left := p.left(100); left != 0 {
		t.Errorf("after five seconds it says %s", left)
	}
	for i := 1; i <= 12; i++ { // one a second, for a minute
		p.note(begin.Add(time.Duration(i)*5*time.Second), 5*i)
	}
	if left := p.left(100); left != 40*time.Second {
		t.Errorf("40 are left at one a second: %s", left)
	}
	for i := 1; i <= 720; i++ { // one in ten seconds, for an hour
		p.note(begin.Add(time.Minute+time.Duration(i)*5*time.Second), 60+i/2)
	}
	if left := p.left(520); left < 950*time.Second || left > 1050*time.Second {
		t.Errorf("100 are left at one in ten seconds: %s", left)
	}
	if n := len(p.marks); n > 70 {
		t.Errorf("it remembers %d marks", n)
	}
	if left := p.left(420); left != 0 {
		t.Errorf("all is done, and it says %s", left)
	}
}

func TestDurationsAsPeopleSayThem(t *testing.T) {
	for d, want := range map[time.Duration]string{
		20 * time.Second: "less than a minute", 100 * time.Second: "about 2 min", 59 * time.Minute: "about 59 min", 125 * time.Minute: "about 2 h 05 min",
	} {
		if got := roughly(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		-time.Second: "0.0 s", 1440 * time.Millisecond: "1.4 s", 12 * time.Second: "12 s", 125 * time.Second: "2 min 05 s", 61 * time.Minute: "1 h 01 min",
	} {
		if got := took(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}
