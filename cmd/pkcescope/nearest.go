package main

import "strings"

// nearest is the word that somebody most likely meant, or "" if none is near:
// one that the typed one begins or ends, or that differs from it in a third of
// its letters at most.
func nearest(typed string, words []string) string {
	typed = strings.ToLower(strings.ReplaceAll(typed, "-", "_"))
	best, least := "", len(typed)/3+1
	for _, w := range words {
		d := distance(typed, w)
		if len(typed) > 2 && (strings.HasPrefix(w, typed) || strings.HasSuffix(w, typed)) {
			d = 1
		}
		if d < least {
			best, least = w, d
		}
	}
	return best
}

// distance is how many letters have to be put in, taken out or changed to make
// one word of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
