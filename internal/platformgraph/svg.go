package platformgraph

import (
	"bytes"
	_ "embed"
	"strconv"
	"text/template"
)

//go:embed svg.tmpl
var picture string

// Measures of the picture, in pixels.
const (
	boxWidth, boxHeight = 200, 30
	columnGap, rowGap   = 64, 14
	margin              = 16
)

type (
	box  struct{ Name, X, Y, TextX, TextY string }
	line struct{ X1, Y1, CX, X2, Y2 string }
)

// SVG returns a picture that follows the reader's light or dark scheme. Names
// are those of components: they need no escaping.
func (g Graph) SVG() ([]byte, error) {
	columns := g.columns()
	rows := 0
	for _, column := range columns {
		rows = max(rows, len(column))
	}
	data := struct {
		Width, Height, BoxWidth, BoxHeight int
		Boxes                              []box
		Lines                              []line
	}{
		Width:    2*margin + len(columns)*boxWidth + max(len(columns)-1, 0)*columnGap,
		Height:   2*margin + rows*boxHeight + max(rows-1, 0)*rowGap,
		BoxWidth: boxWidth, BoxHeight: boxHeight,
	}
	middle := float64(data.Height) / 2
	y := func(s *spot) float64 { return middle + s.row*(boxHeight+rowGap) }
	for i, column := range columns {
		x := float64(margin + i*(boxWidth+columnGap))
		for _, s := range column {
			if s.name != "" {
				data.Boxes = append(data.Boxes, box{s.name, px(x), px(y(s) - boxHeight/2), px(x + boxWidth/2), px(y(s) + 4)})
			} else { // an edge passes straight through
				data.Lines = append(data.Lines, line{px(x), px(y(s)), px(x + boxWidth/2), px(x + boxWidth), px(y(s))})
			}
			from := x + boxWidth
			for _, to := range s.right {
				data.Lines = append(data.Lines, line{px(from), px(y(s)), px(from + columnGap/2), px(from + columnGap), px(y(to))})
			}
		}
	}
	t, err := template.New("svg").Parse(picture)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, data)
	return out.Bytes(), err
}

// px is a coordinate with one decimal at most.
func px(v float64) string { return strconv.FormatFloat(float64(int(v*10+0.5))/10, 'f', -1, 64) }
