package assets

import (
	"embed"
	"strings"
)

// AADSTS and AADB2C are the catalogues of Entra's error codes: a line each,
// sorted by number, of number, name, family, causes and meaning, separated by
// tabs. The causes are ids of the knowledge base, the first the most probable;
// "=" before them means that the code leaves no other, "?" that it says little,
// "~" that the code only announces another.
//
//go:embed aadsts.tsv
var AADSTS string

// AADB2C is the catalogue of the B2C codes that Microsoft documents.
//
//go:embed aadb2c.tsv
var AADB2C string

//go:embed causes/*.toml
var causes embed.FS

// CauseFamilies returns the names of the files of the knowledge base.
func CauseFamilies() []string {
	entries, err := causes.ReadDir("causes")
	if err != nil { // it is embedded
		panic(err)
	}
	var names []string
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".toml"); name != "pages" {
			names = append(names, name)
		}
	}
	return names
}

// Causes returns a file of the knowledge base, without its ".toml"; "pages"
// are the documents it refers to.
func Causes(name string) string {
	b, err := causes.ReadFile("causes/" + name + ".toml")
	if err != nil {
		panic(err)
	}
	return string(b)
}
