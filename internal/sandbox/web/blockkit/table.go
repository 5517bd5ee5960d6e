package blockkit

import "html/template"

type cell struct {
	Text    template.HTML
	Heading string // col or row; empty: none
	Align   string // left, center, right
	Nowrap  bool
}

// table draws a table or a data_table. The first row is the heading; a data_table may name a column that is one too.
func (p *pen) table(b node) template.HTML {
	settings := b.nodes("column_settings")
	heading := -1
	if b.has("row_header_column_index") {
		heading = b.integer("row_header_column_index")
	}
	data := struct {
		Caption string
		Head    []cell
		Rows    [][]cell
	}{Caption: b.str("caption")}
	for i, each := range b.list("rows") {
		cells, ok := each.([]any)
		if !ok {
			return refused("A row of a table is no list of cells.")
		}
		var row []cell
		for column, v := range cells {
			c := cell{Text: p.cell(b, v), Align: "left"}
			if column < len(settings) {
				s := settings[column]
				if a := s.str("align"); a == "center" || a == "right" {
					c.Align = a
				}
				c.Nowrap = s["is_wrapped"] == false
			} else if asNode(v).kind() == "raw_number" {
				c.Align = "right"
			}
			switch {
			case i == 0:
				c.Heading = "col"
			case column == heading:
				c.Heading = "row"
			}
			row = append(row, c)
		}
		if i == 0 {
			data.Head = row
			continue
		}
		data.Rows = append(data.Rows, row)
	}
	return p.draw("table", data)
}

func (p *pen) cell(block node, v any) template.HTML {
	if v == nil {
		return ""
	}
	c := asNode(v)
	switch c.kind() {
	case "raw_text":
		return Plain(c.str("text"))
	case "raw_number":
		if c.has("text") {
			return Plain(c.str("text"))
		}
		return Plain(c.str("value"))
	case "rich_text":
		return p.richText(c)
	case "action_cell":
		return p.element(block, c.node("element"), spot{})
	}
	return unknown("cell of a table", c)
}
