package flow

// Edit changes one value of a request before it is sent, exactly as a person
// does in the editor of the TUI or with --set and --unset.
type Edit struct {
	Step StepID `json:"step"`
	// Name is a parameter's name, or "header." followed by a header's name,
	// or "url" for the request's whole URL.
	Name string `json:"name"`
	// Value is the new value. With Unset the value is left out altogether.
	Value string `json:"value,omitempty"`
	Unset bool   `json:"unset,omitempty"`
}

// ParseEdit reads STEP.NAME=VALUE, or STEP.NAME when unset is true. The error
// names the steps and forms that are possible.
func ParseEdit(text string, unset bool) (Edit, error) { panic("not built yet") }
