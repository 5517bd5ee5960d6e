package blockkit

import "html/template"

func (p *pen) markdown(text string) template.HTML { return p.mrkdwn(text, false) }
func (p *pen) chart(b node) template.HTML         { return "" }
