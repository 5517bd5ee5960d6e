//go:build race

package app_test

// underRace says that the race detector is at work.
const underRace = true
