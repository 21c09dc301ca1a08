package practice

import (
	"regexp"
	"strings"
	"sync"
)

// directory is one of the tenants of the practice cloud.
type directory struct {
	ID      string
	Name    string
	Domains []string
}

// The directories of the practice cloud. The first is where the seeded apps
// and accounts live; the second exists so that an app can be in the wrong one.
var (
	homeDirectory = directory{
		ID: "72a5f9c1-0d3e-4b68-8f27-6c1e94d0b35a", Name: "Contoso (practice)",
		Domains: []string{"contoso.onmicrosoft.com", "contoso.example"},
	}
	otherDirectory = directory{
		ID: "a94b1e60-57c2-4d0f-93a8-2f7d6c05e1b4", Name: "Fabrikam (practice)",
		Domains: []string{"fabrikam.onmicrosoft.com", "fabrikam.example"},
	}
	// consumersDirectory is the directory of personal Microsoft accounts. Its GUID
	// is Microsoft's own and well known:
	// https://learn.microsoft.com/entra/identity-platform/access-tokens
	consumersDirectory = directory{
		ID: "9188040d-6c67-4c5b-b112-36a304b66dad", Name: "Microsoft account (practice)",
		Domains: []string{"outlook.example"},
	}
)

// authority is the first segment of an address: a directory, or one of the
// aliases that leave the directory to the account.
type authority struct {
	directory
	// alias is "common" or "organizations"; empty for one directory.
	alias string
	// named is the segment as the client wrote it.
	named string
}

// id is the directory's GUID, or the alias.
func (a authority) id() string {
	if a.alias != "" {
		return a.alias
	}
	return a.ID
}

// answering is the directory that answers where no account has been named: for
// an alias the one where the apps are.
func (a authority) answering() directory {
	if a.alias != "" {
		return homeDirectory
	}
	return a.directory
}

// segment is how the discovery document names the authority in its addresses:
// a domain becomes the GUID, "consumers" stays.
func (a authority) segment() string {
	if strings.EqualFold(a.named, "consumers") {
		return "consumers"
	}
	return a.id()
}

var guidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// domainPattern is made when it is needed: its repetitions are long, and the
// program should start quickly.
var domainPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([a-zA-Z0-9-]{1,63}\.)+[a-zA-Z]{2,63}$`)
})

// findAuthority reads the first segment of an address: a GUID, a verified
// domain, or an alias.
func findAuthority(segment string) (authority, *refusal) {
	a := authority{named: segment}
	switch name := strings.ToLower(segment); name {
	case "common", "organizations":
		a.alias = name
		return a, nil
	case "consumers":
		a.directory = consumersDirectory
		return a, nil
	default:
		for _, t := range []directory{homeDirectory, otherDirectory, consumersDirectory} {
			if name == t.ID {
				a.directory = t
				return a, nil
			}
			for _, d := range t.Domains {
				if name == d {
					a.directory = t
					return a, nil
				}
			}
		}
	}
	if guidPattern.MatchString(segment) || domainPattern().MatchString(segment) {
		return a, deny("90002", "tenant", segment)
	}
	return a, deny("900023", "tenant", segment)
}

// directoryByID returns the directory of that GUID.
func directoryByID(id string) directory {
	for _, t := range []directory{homeDirectory, otherDirectory, consumersDirectory} {
		if t.ID == id {
			return t
		}
	}
	return directory{ID: id, Name: id}
}
