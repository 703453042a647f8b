package diag

import "strings"

// Suggest returns the known name nearest to name when fewer than three edits
// (insertion, deletion, substitution, swap of neighbours) separate them, else
// "". Of equally near names the first wins.
func Suggest(name string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := edits(strings.ToLower(name), strings.ToLower(k), distance); d < distance && d < max(len(name), len(k)) {
			best, distance = k, d
		}
	}
	return best
}

// DidYouMean returns a hint that names the nearest known name, or the known
// names themselves when there are at most eight, or "".
func DidYouMean(name string, known []string) string {
	if s := Suggest(name, known); s != "" {
		return `did you mean "` + s + `"?`
	}
	if len(known) > 0 && len(known) <= 8 {
		return "known: " + strings.Join(known, ", ")
	}
	return ""
}

// edits is the optimal string alignment distance of a and b, or limit when it
// is at least that.
func edits(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) >= limit || len(y)-len(x) >= limit {
		return limit
	}
	rows := [3][]int{make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(x); i++ {
		before, last, row := rows[(i-1)%3], rows[i%3], rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return min(rows[(len(x)+1)%3][len(y)], limit)
}
