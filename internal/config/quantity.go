package config

import (
	"math"
	"strconv"
	"strings"
)

// milliCPU reads an amount of CPU in thousandths of a core.
func milliCPU(s string) (int64, bool) {
	if digits, ok := strings.CutSuffix(s, "m"); ok {
		n, err := strconv.ParseInt(digits, 10, 64)
		return n, err == nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 1e9 {
		return 0, false
	}
	return int64(math.Round(f * 1000)), true
}

// memoryBytes reads an amount of memory in bytes.
func memoryBytes(s string) (int64, bool) {
	n, unit, ok := splitMemory(s)
	if !ok {
		return 0, false
	}
	factor := unitBytes(unit)
	if n > math.MaxInt64/factor {
		return 0, false
	}
	return n * factor, true
}

func splitMemory(s string) (n int64, unit string, ok bool) {
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end <= 0 || unitBytes(s[end:]) == 0 {
		return 0, "", false
	}
	n, err := strconv.ParseInt(s[:end], 10, 62)
	return n, s[end:], err == nil
}

func unitBytes(unit string) int64 {
	switch unit {
	case "k":
		return 1e3
	case "M":
		return 1e6
	case "G":
		return 1e9
	case "T":
		return 1e12
	case "Ki":
		return 1 << 10
	case "Mi":
		return 1 << 20
	case "Gi":
		return 1 << 30
	case "Ti":
		return 1 << 40
	default:
		return 0
	}
}
