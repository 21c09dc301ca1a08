package practice

import (
	"encoding/json"
	"net/http"
	"strings"
)

// keptValue stands for a client secret's value on the settings page, which
// shows none. Sent back, it leaves the value as it is.
const keptValue = "(kept)"

// settings shows everything that the administrator decides, as a registrations
// file, to be read, copied into one, or changed while the tenant runs.
func (c *call) settings() { c.settingsPage(c.conf.asFile(), "", "") }

// saveSettings takes the page's form: from the next request on the tenant is
// what the text says, or nothing changes and the page says which line is wrong.
func (c *call) saveSettings() {
	if !c.ownForm() {
		return
	}
	// A textarea's lines end in CRLF, whatever they ended in before.
	text := strings.ReplaceAll(c.form.Get("tenant"), "\r\n", "\n")
	next, err := parseTenant("settings.json", []byte(text))
	if err == nil {
		next.keepSecrets(*c.conf)
		err = c.Update(func(t *Tenant) { *t = next })
	}
	if err != nil {
		c.event.Reason = "the settings were not saved: " + err.Error()
		c.settingsPage(text, "Not saved. "+err.Error(), "")
		return
	}
	c.conf = c.tenant.Load()
	c.settingsPage(c.conf.asFile(), "", "Saved. It counts from the next request on.")
}

// rotateKey takes the button of that name.
func (c *call) rotateKey() {
	if !c.ownForm() {
		return
	}
	c.RotateKey()
	c.settingsPage(c.conf.asFile(), "", "A new key signs from now on. The old ones stay published, as at Entra.")
}

// ownForm says whether a form came from a page of this start, and refuses it
// otherwise.
func (c *call) ownForm() bool {
	if c.sameOrigin() {
		return true
	}
	c.event.Reason = foreignForm
	c.refusePage(deny("9002313"))
	return false
}

func (c *call) settingsPage(text, problem, note string) {
	status := http.StatusOK
	if problem != "" {
		status = http.StatusBadRequest
	}
	type fault struct {
		Name Fault
		Does string
	}
	var known []fault
	for _, f := range faults {
		known = append(known, fault{f.fault, f.does})
	}
	c.page(status, "settings.html", map[string]any{
		"Canary": c.canary, "Text": text, "Problem": problem, "Note": note, "Kept": keptValue,
		"Faults": known, "Keys": len(c.keys.all()),
	})
}

// asFile is the tenant as a registrations file, without secrets' values.
func (t Tenant) asFile() string {
	t = t.clone()
	for _, r := range t.Registrations {
		for i := range r.Secrets {
			r.Secrets[i].Value = keptValue
		}
	}
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		panic("practice: tenant: " + err.Error())
	}
	return string(b)
}

// keepSecrets gives the secrets that the page did not show their values back.
// A kept value whose secret is gone stays as it is written.
func (t *Tenant) keepSecrets(from Tenant) {
	values := map[string]string{}
	for _, r := range from.Registrations {
		for _, s := range r.Secrets {
			values[s.ID] = s.Value
		}
	}
	for _, r := range t.Registrations {
		for i, s := range r.Secrets {
			if value, ok := values[s.ID]; ok && s.Value == keptValue {
				r.Secrets[i].Value = value
			}
		}
	}
}
