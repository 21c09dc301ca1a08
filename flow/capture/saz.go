package capture

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// Fiddler's session archive: a zip whose folder raw holds three files a
// session, N_c.txt with the request, N_s.txt with the response and N_m.xml with
// what Fiddler knows about them.
// https://docs.telerik.com/fiddler/knowledge-base/saz-format

// maxArchive bounds an archive that comes from a stream: it has to be held
// whole, because its directory stands at the end.
const maxArchive = 512 << 20

// readZip reads a session archive, or an archive of files that are read here.
func readZip(r io.Reader, in *intake) error {
	at, size, err := randomAccess(r, in)
	if refused, ok := errors.AsType[*flow.Error](err); ok {
		return refused
	}
	if err != nil {
		return cannotRead(err)
	}
	z, err := zip.NewReader(at, size)
	if err != nil {
		return &flow.Error{
			Kind: flow.KindRefused, What: "The archive cannot be read.", Why: strings.TrimPrefix(err.Error(), "zip: ") + ". Its directory stands at the end, so one that is cut off has none.",
			Try: "Take a whole copy of it.",
		}
	}
	sessions := map[string]*session{}
	var order []string
	for _, f := range z.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		m := sessionFile.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		if sessions[m[1]] == nil {
			sessions[m[1]] = &session{}
			order = append(order, m[1])
		}
		switch m[2] {
		case "c.txt":
			sessions[m[1]].request = f
		case "s.txt":
			sessions[m[1]].response = f
		case "m.xml":
			sessions[m[1]].about = f
		}
	}
	if len(order) == 0 {
		return readMembers(z, in)
	}
	in.format = "SAZ"
	in.madeBy("Fiddler")
	slices.SortStableFunc(order, func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return x - y
	})
	for n, number := range order {
		if err := sessions[number].read(in); err != nil {
			return err
		}
		in.progress(size * int64(n+1) / int64(len(order)))
	}
	return nil
}

var sessionFile = regexp.MustCompile(`(?i)(?:^|/)raw/0*(\d+)_(c\.txt|s\.txt|m\.xml)$`)

// randomAccess returns the source as a zip reader needs it.
func randomAccess(r io.Reader, in *intake) (io.ReaderAt, int64, error) {
	if f, ok := in.raw.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return f, info.Size(), nil
		}
	}
	data, err := io.ReadAll(io.LimitReader(r, maxArchive+1))
	if len(data) > maxArchive {
		return nil, 0, &flow.Error{
			Kind: flow.KindRefused, What: fmt.Sprintf("The archive has more than %d MiB, which is too much for a stream.", maxArchive>>20),
			Why: "Its directory stands at the end, so all of it has to be held.", Try: "Save it to a file and open that.",
		}
	}
	return bytes.NewReader(data), int64(len(data)), err
}

// session is one session of the archive.
type session struct{ request, response, about *zip.File }

// errProtected is an archive with a password.
var errProtected = &flow.Error{
	Kind: flow.KindRefused, What: "The archive is protected with a password.", Try: "Save it from Fiddler without one, or as HTTPArchive (HAR).",
}

// read reads a session if its request may belong to a flow.
func (s *session) read(in *intake) error {
	in.requests++
	if s.request == nil {
		return nil
	}
	if s.request.Flags&1 != 0 {
		return errProtected
	}
	raw, err := unzipped(s.request, maxPost)
	if errors.Is(err, zip.ErrAlgorithm) {
		return errProtected
	}
	r, ok := parseRequest(raw)
	if !ok {
		in.count(flow.LostEntries)
		return nil
	}
	c := candidate{want: interestOf([]byte(r.Method), []byte(r.URL), r.Body, nil)}
	c.Request = r
	if c.want == nothing && in.isCall(r.URL, r.Header.Get("Authorization")) {
		c.want = aCall
	}
	if s.response != nil {
		raw, err := unzipped(s.response, maxBody)
		if response, lost, ok := parseResponse(raw); ok {
			c.Response, c.lost = response, lost
			response.Truncated = response.Truncated || err != nil
		}
	}
	if c.want == nothing && (c.Response == nil || !isPage([]byte(c.Response.Header.Get("Content-Type"))) && c.Response.Header.Get("Location") == "") {
		return nil
	}
	c.document = c.Response != nil && isPage([]byte(c.Response.Header.Get("Content-Type"))) && r.Header.Get("Sec-Fetch-Mode") != "cors"
	c.framed = strings.Contains(r.Header.Get("Sec-Fetch-Dest"), "frame")
	s.times(&c)
	in.take(c)
	return nil
}

// times reads when the session was.
func (s *session) times(c *candidate) {
	if s.about == nil {
		return
	}
	raw, err := unzipped(s.about, maxHeader)
	if err != nil {
		return
	}
	var about struct {
		Timers struct {
			Begin string `xml:"ClientBeginRequest,attr"`
			First string `xml:"ServerBeginResponse,attr"`
			Done  string `xml:"ClientDoneResponse,attr"`
		} `xml:"SessionTimers"`
	}
	if xml.Unmarshal(raw, &about) != nil {
		return
	}
	begin, err := time.Parse(time.RFC3339Nano, about.Timers.Begin)
	if err != nil || begin.Year() < 1990 {
		return // Fiddler writes the year 1 where it does not know
	}
	c.Timing.Start = begin
	if first, err := time.Parse(time.RFC3339Nano, about.Timers.First); err == nil && first.After(begin) {
		c.Timing.FirstByte = first.Sub(begin)
	}
	if done, err := time.Parse(time.RFC3339Nano, about.Timers.Done); err == nil && done.After(begin) {
		c.Timing.Total = done.Sub(begin)
	}
}

// unzipped reads a member of an archive, at most that many octets of it. It may
// unpack to far more than it takes.
func unzipped(f *zip.File, most int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return io.ReadAll(io.LimitReader(r, most))
}

// maxMembers bounds how many files of an ordinary archive are looked at.
const maxMembers = 64

// readMembers reads the files of an archive that is none of Fiddler's: a HAR
// that was packed for the mail, for example.
func readMembers(z *zip.Reader, in *intake) error {
	read := 0
	var last error
	for _, f := range z.File {
		if f.FileInfo().IsDir() || strings.HasPrefix(path.Base(f.Name), ".") || strings.HasPrefix(f.Name, "__MACOSX/") || read == maxMembers {
			continue
		}
		r, err := f.Open()
		if errors.Is(err, zip.ErrAlgorithm) || f.Flags&1 != 0 {
			return errProtected
		}
		if err != nil {
			last = cannotRead(err)
			continue
		}
		in.raw = nil
		err = in.unpack(r)
		_ = r.Close()
		if err != nil {
			last = err
			continue
		}
		read++
	}
	if read == 0 {
		if last != nil {
			return last
		}
		return &flow.Error{
			Kind: flow.KindRefused, What: "There is no recording in the archive.",
			Why: "It is not a session archive of Fiddler (it has no folder raw), and holds no other file that is read here.", Try: "Check that it is the right file.",
		}
	}
	in.format += ", zipped"
	return nil
}
