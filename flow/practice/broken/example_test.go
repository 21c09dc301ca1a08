package broken_test

import (
	"context"
	"fmt"

	"github.com/pkcescope/pkcescope/flow/practice/broken"
)

// A lab is run, repaired and run again.
func Example() {
	lab, err := broken.Find("trailing-slash")
	if err != nil {
		panic(err)
	}
	s, err := broken.Start(lab)
	if err != nil {
		panic(err)
	}
	defer func() { _ = s.Close() }()

	attempt := func() {
		w, err := s.Walk()
		if err != nil {
			panic(err)
		}
		defer func() { _ = w.Close() }()
		_ = w.Run(context.Background()) // why it failed is in the transcript
		verdict := s.Judge(w.Transcript())
		fmt.Println(verdict.Solved, verdict.Why)
	}
	attempt()
	if err := s.Set("registration.native", "http://localhost/auth"); err != nil {
		panic(err)
	}
	attempt()

	// Output:
	// false The run did not come to its end.
	// true The registered redirect URI ended in a slash and the one in the request did not. Below the first slash a path is compared character by character; only a URI without any path is the same with and without one.
}
