package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// savedRun is the file of a whole run.
func savedRun(t testing.TB) (Transcript, []byte) {
	p := newProvider(t)
	c := p.config()
	c.UserInfo, c.Refresh = true, true
	w := newWalk(t, c, Options{Browser: &player{}})
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := w.Transcript().Encode(&file); err != nil {
		t.Fatal(err)
	}
	return w.Transcript(), file.Bytes()
}

func TestTranscriptSurvivesItsFile(t *testing.T) {
	tr, file := savedRun(t)
	tr.Steps[0].Exchanges[0].Response.Body = Body("\xff\xfe not UTF-8")
	var again bytes.Buffer
	_ = tr.Encode(&again)
	loaded, err := Load(&again)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := json.Marshal(tr)
	got, _ := json.Marshal(loaded)
	if !bytes.Equal(got, want) {
		t.Errorf("loaded\n%s\nwant\n%s", got, want)
	}
	if !bytes.Equal(loaded.Steps[0].Exchanges[0].Response.Body, tr.Steps[0].Exchanges[0].Response.Body) {
		t.Error("octets that are not UTF-8 were lost")
	}
	// Loading and saving once more changes nothing.
	loaded, err = Load(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var second bytes.Buffer
	_ = loaded.Encode(&second)
	if !bytes.Equal(second.Bytes(), file) {
		t.Error("the file changes when it is loaded and saved")
	}
}

func TestTheStepsOfAFileSayHowItsRunEnded(t *testing.T) {
	for _, row := range []struct {
		token Status
		want  Outcome
	}{{StatusFailed, OutcomeFailed}, {StatusCancelled, OutcomeCancelled}, {StatusOK, OutcomeOK}, {StatusPending, OutcomeUnfinished}} {
		file := fmt.Sprintf(`{"format":%q,"version":1,"outcome":"ok","steps":[{"id":"token","status":%q}]}`, Format, row.token)
		got, err := Load(strings.NewReader(file))
		if err != nil || got.Outcome != row.want {
			t.Errorf("the token step is %s: outcome %q, %v", row.token, got.Outcome, err)
		}
	}
}

func TestMembersThatAreAddedLaterAreIgnored(t *testing.T) {
	_, file := savedRun(t)
	var m map[string]any
	_ = json.Unmarshal(file, &m)
	m["added_later"] = true
	m["steps"].([]any)[0].(map[string]any)["tokens"] = []any{"computed by another room"}
	changed, _ := json.Marshal(m)
	loaded, err := Load(bytes.NewReader(changed))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := Load(bytes.NewReader(file))
	if !reflect.DeepEqual(loaded, want) {
		t.Error("the transcript is another one")
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	_, file := savedRun(t)
	for name, row := range map[string]struct {
		file  string
		words string
	}{
		"empty":             {"", "empty"},
		"cut in half":       {string(file[:len(file)/2]), "cut off"},
		"cut at the end":    {strings.TrimRight(string(file), "}\n"), "cut off"},
		"newer":             {strings.Replace(string(file), `"version": 1`, `"version": 2`, 1), "newer pkcescope"},
		"of no version":     {strings.Replace(string(file), `"version": 1`, `"version": "x"`, 1), "which version"},
		"of another format": {`{"format":"something-else","version":1}`, "something-else"},
		"a HAR":             {`{"log":{"version":"1.2"}}`, "not a transcript"},
		"not JSON":          {"<html>", "not JSON"},
		"two in one":        {string(file) + string(file), "not JSON"},
		"a list":            {"[]", "not a transcript"},
		"of wrong types":    {strings.Replace(string(file), `"steps": [`, `"steps": 1, "x": [`, 1), "wrong type"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(strings.NewReader(row.file))
			var e *Error
			if !errors.As(err, &e) || e.Kind != KindRefused || !strings.Contains(e.What+" "+e.Why, row.words) || e.Try == "" {
				t.Errorf("error %#v, want a refusal that says %q", err, row.words)
			}
		})
	}
}

func TestEveryCutOfAFileIsRefusedAndNoneCrashes(t *testing.T) {
	_, file := savedRun(t)
	file = bytes.TrimSpace(file)
	for i := 0; i < len(file); i += 97 {
		if _, err := Load(bytes.NewReader(file[:i])); err == nil {
			t.Fatalf("a file cut after %d of %d octets was taken", i, len(file))
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"format":"pkcescope-transcript","version":1,"steps":[{"id":"token","status":"ok","exchanges":[{"response":{"body":{"base64":"/w=="}}}]}]}`))
	f.Add([]byte(`{"format":"pkcescope-transcript","version":1,"steps":[null]}`))
	f.Add([]byte("[]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tr, err := Load(bytes.NewReader(data))
		if err != nil {
			return
		}
		var file bytes.Buffer
		if err := tr.Redacted().Encode(&file); err != nil {
			t.Fatalf("%q was loaded and cannot be saved: %v", data, err)
		}
		if _, err := Load(&file); err != nil {
			t.Errorf("%q was loaded, saved and refused: %v", data, err)
		}
	})
}
