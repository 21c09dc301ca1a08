package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/BurntSushi/toml"
)

// learned is what the person has done so far: a file in the configuration
// directory, beside the profiles. It holds ids and times and nothing else.
type learned struct{ path string }

// learnedDocument is the whole file: when each was done first.
type learnedDocument struct {
	Labs    map[string]time.Time `toml:"labs"`
	Lessons map[string]time.Time `toml:"lessons"`
}

// openLearned finds the file. It need not exist.
func openLearned() (learned, error) {
	dir, err := configDir()
	return learned{filepath.Join(dir, "progress.toml")}, err
}

// read returns what was done. Without a file that is nothing.
func (l learned) read() (learnedDocument, error) {
	doc := learnedDocument{Labs: map[string]time.Time{}, Lessons: map[string]time.Time{}}
	text, err := os.ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return doc, nil
	}
	if err != nil {
		return doc, err
	}
	if err := toml.Unmarshal(text, &doc); err != nil {
		return doc, wrongUsage("Correct the file, or remove it to begin anew.", "The progress in %s cannot be read: %s.", l.path, err)
	}
	if doc.Labs == nil {
		doc.Labs = map[string]time.Time{}
	}
	if doc.Lessons == nil {
		doc.Lessons = map[string]time.Time{}
	}
	return doc, nil
}

// labSolved and lessonDone note that something was done, if it is news.
func (l learned) labSolved(id string) error {
	return l.note(id, func(d learnedDocument) map[string]time.Time { return d.Labs })
}

func (l learned) lessonDone(id string) error {
	return l.note(id, func(d learnedDocument) map[string]time.Time { return d.Lessons })
}

func (l learned) note(id string, where func(learnedDocument) map[string]time.Time) error {
	doc, err := l.read()
	if err != nil {
		return err // never write over what could not be read
	}
	m := where(doc)
	if _, ok := m[id]; ok {
		return nil
	}
	m[id] = time.Now().UTC().Truncate(time.Second)
	var b bytes.Buffer
	b.WriteString("# Labs solved and lessons done in pkcescope, each with the time of the first.\n")
	e := toml.NewEncoder(&b)
	e.Indent = ""
	if err := e.Encode(doc); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(l.path), 0o700); err != nil {
		return err
	}
	return replaceFile(l.path, b.Bytes())
}

// mark is the sign in a list.
func mark(done bool) string {
	if done {
		return "✓"
	}
	return " "
}
