// Command exponent reads the output of go test -bench with names that end in
// clusters=N,components=M, and prints for each benchmark the exponent e of
// cost ~ (N×M)^e, for time and for memory. It fails above 1.1.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
)

// limit is the steepest growth that the project allows itself.
const limit = 1.1

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "exponent:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("want the file with the output of go test -bench")
	}
	file, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer file.Close()
	series, err := read(file)
	if err != nil {
		return err
	}
	if len(series) == 0 {
		return fmt.Errorf("%s holds no benchmark named …/clusters=N,components=M", args[0])
	}
	names := make([]string, 0, len(series))
	for name := range series {
		names = append(names, name)
	}
	slices.Sort(names)
	var steep error
	for _, name := range names {
		e := exponent(series[name])
		fmt.Fprintf(out, "%-32s exponent %.2f over %d sizes\n", name, e, len(series[name]))
		if e > limit || math.IsNaN(e) {
			steep = errors.Join(steep, fmt.Errorf("%s grows with exponent %.2f, more than %.1f", name, e, limit))
		}
	}
	return steep
}

// read returns, for each benchmark and unit, the least cost seen at each size:
// the least is what the machine's other work disturbed least.
func read(r io.Reader) (map[string]map[float64]float64, error) {
	line := regexp.MustCompile(`^(Benchmark\w+)/clusters=(\d+)[/,]components=(\d+)(?:-\d+)?\s+\d+\s+(.*)$`)
	cost := regexp.MustCompile(`([\d.]+) (ns/op|B/op)`)
	series := map[string]map[float64]float64{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		m := line.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		clusters, err1 := strconv.ParseFloat(m[2], 64)
		components, err2 := strconv.ParseFloat(m[3], 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		for _, c := range cost.FindAllStringSubmatch(m[4], -1) {
			v, err := strconv.ParseFloat(c[1], 64)
			if err != nil {
				return nil, err
			}
			key, size := m[1]+" "+c[2], clusters*components
			if series[key] == nil {
				series[key] = map[float64]float64{}
			}
			if old, seen := series[key][size]; !seen || v < old {
				series[key][size] = v
			}
		}
	}
	return series, lines.Err()
}

// exponent is the slope of the least-squares line through log size, log cost;
// NaN with fewer than two sizes.
func exponent(costs map[float64]float64) float64 {
	var n, sx, sy, sxx, sxy float64
	for size, cost := range costs {
		x, y := math.Log(size), math.Log(cost)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
