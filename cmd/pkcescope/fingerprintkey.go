package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// fingerprintKeyFile holds the key that the fingerprints of masked secrets are
// made with, in the configuration directory. It is what lets one person compare
// two files without their secrets; two people who want to can share it.
const fingerprintKeyFile = "fingerprint.key"

// fingerprintKey reads the key, and makes it before the first use.
func fingerprintKey() ([]byte, error) {
	dir, err := configDir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, fingerprintKeyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = makeFingerprintKey(path)
	}
	if err != nil {
		return nil, err
	}
	return hex.DecodeString(strings.TrimSpace(string(text)))
}

// makeFingerprintKey writes a new key in one move. If another process was
// faster, its key is the one.
func makeFingerprintKey(path string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	text := []byte(hex.EncodeToString(key) + "\n")
	f, err := os.CreateTemp(filepath.Dir(path), "."+fingerprintKeyFile+".*") // 0600
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	switch err := os.Link(f.Name(), path); {
	case errors.Is(err, fs.ErrExist):
		return os.ReadFile(path)
	case err != nil: // not every file system has links
		return text, os.Rename(f.Name(), path)
	}
	return text, nil
}
