package blockkit

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// The measures of a drawn chart, in units of its own.
const (
	chartWidth, chartHeight = 360.0, 180.0
	chartLeft, chartBottom  = 34.0, 22.0 // of the axes
)

type mark struct {
	Class, Path, Points string  // one of the two
	X, Y, W, H          float64 // of a bar
	Title               string
}

type label struct {
	X, Y   float64
	Anchor string
	Text   string
}

type series struct {
	Name, Class string
	Values      []string
}

// chart draws a data_visualization, with the same figures as a table for who cannot see it.
func (p *pen) chart(b node) template.HTML {
	c := b.node("chart")
	data := struct {
		Title, Kind, XLabel, YLabel string
		Marks                       []mark
		Labels                      []label
		Zero                        float64
		Categories                  []string
		Series                      []series
		Width, Height               float64
	}{Title: b.str("title"), Kind: c.kind(), Width: chartWidth, Height: chartHeight}
	switch data.Kind {
	case "pie":
		data.Categories = []string{"Value"}
		data.Marks, data.Series = pie(c.nodes("segments"))
	case "bar", "line", "area":
		axes := c.node("axis_config")
		data.Categories, data.XLabel, data.YLabel = axes.strings("categories"), axes.str("x_label"), axes.str("y_label")
		data.Marks, data.Labels, data.Zero, data.Series = plot(data.Kind, c.nodes("series"), data.Categories)
	default:
		return unknown("chart", c)
	}
	return p.draw("chart", data)
}

func colour(i int) string { return fmt.Sprintf("bk-c%d", i%6) }

func pie(segments []node) (marks []mark, out []series) {
	total := 0.0
	for _, s := range segments {
		if v, ok := s.number("value"); ok && v > 0 {
			total += v
		}
	}
	at := -math.Pi / 2
	const x, y, r = chartWidth / 2, chartHeight / 2, 80.0
	for i, s := range segments {
		v, _ := s.number("value")
		out = append(out, series{s.str("label"), colour(i), []string{s.str("value")}})
		if v <= 0 || math.IsInf(total, 0) {
			continue
		}
		turn := v / total * 2 * math.Pi
		title := s.str("label") + ": " + s.str("value")
		if turn > 2*math.Pi-.0001 {
			marks = append(marks, mark{Class: colour(i), Title: title, Path: fmt.Sprintf("M%.1f %.1fa%.1f %.1f 0 1 1 0.01 0z", x, y-r, r, r)})
			continue
		}
		large := 0
		if turn > math.Pi {
			large = 1
		}
		marks = append(marks, mark{Class: colour(i), Title: title, Path: fmt.Sprintf("M%.1f %.1fL%.1f %.1fA%.0f %.0f 0 %d 1 %.1f %.1fz",
			x, y, x+r*math.Cos(at), y+r*math.Sin(at), r, r, large, x+r*math.Cos(at+turn), y+r*math.Sin(at+turn))})
		at += turn
	}
	return marks, out
}

// plot places bars, lines or areas over the categories; a series' value belongs to the category of its label.
func plot(kind string, list []node, categories []string) (marks []mark, labels []label, zero float64, out []series) {
	low, high := 0.0, 0.0
	values := make([][]float64, len(list)) // NaN: none
	for i, s := range list {
		row := series{Name: s.str("name"), Class: colour(i), Values: make([]string, len(categories))}
		values[i] = make([]float64, len(categories))
		for k, name := range categories {
			values[i][k] = math.NaN()
			for _, point := range s.nodes("data") {
				if v, ok := point.number("value"); ok && point.str("label") == name && !math.IsInf(v, 0) {
					values[i][k], row.Values[k] = v, point.str("value")
					low, high = min(low, v), max(high, v)
				}
			}
		}
		out = append(out, row)
	}
	if high == low {
		high = low + 1
	}
	y := func(v float64) float64 { return 8 + (high-v)/(high-low)*(chartHeight-chartBottom-8) }
	zero = y(0)
	step := (chartWidth - chartLeft) / float64(max(len(categories), 1))
	for k, name := range categories {
		labels = append(labels, label{chartLeft + step*(float64(k)+.5), chartHeight - 6, "middle", name})
	}
	labels = append(labels, label{chartLeft - 4, y(high) + 4, "end", fmt.Sprintf("%.4g", high)}, label{chartLeft - 4, zero + 4, "end", "0"})
	for i := range list {
		var points []string
		last := 0.0
		for k, v := range values[i] {
			if math.IsNaN(v) {
				continue
			}
			x := chartLeft + step*(float64(k)+.5)
			if kind == "bar" {
				width := step * .7 / float64(len(list))
				marks = append(marks, mark{Class: out[i].Class, X: x - step*.35 + width*float64(i), Y: min(y(v), zero), W: width * .92, H: math.Abs(y(v) - zero), Title: out[i].Name + ", " + categories[k] + ": " + out[i].Values[k]})
				continue
			}
			if kind == "area" && len(points) == 0 {
				points = append(points, fmt.Sprintf("%.1f,%.1f", x, zero))
			}
			points, last = append(points, fmt.Sprintf("%.1f,%.1f", x, y(v))), x
		}
		if len(points) > 0 {
			if kind == "area" {
				points = append(points, fmt.Sprintf("%.1f,%.1f", last, zero))
			}
			marks = append(marks, mark{Class: kind + " " + out[i].Class, Points: strings.Join(points, " "), Title: out[i].Name})
		}
	}
	return marks, labels, zero, out
}
