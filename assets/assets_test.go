package assets

import (
	"io/fs"
	"testing"
	"unicode"
	"unicode/utf8"
)

// The texts go to terminals as they are.
func TestEveryFileIsUTF8WithoutControlCharacters(t *testing.T) {
	n := 0
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		b, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		if !utf8.Valid(b) {
			t.Errorf("%s is not UTF-8", path)
		}
		for _, r := range string(b) {
			if r != '\n' && !unicode.IsGraphic(r) {
				t.Errorf("%s holds %U", path, r)
			}
		}
		return nil
	})
	if err != nil || n < 14 {
		t.Errorf("%d files, %v", n, err)
	}
}

func TestWhatIsNotThereIsEmpty(t *testing.T) {
	if Step("no-such-step") != "" || Glossary("no-such-glossary") != "" {
		t.Error("text for a name that is not there")
	}
}
