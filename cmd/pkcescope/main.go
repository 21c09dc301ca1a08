// Command pkcescope walks the OAuth 2.0 authorization code flow with PKCE in
// the terminal and explains every request, response and claim.
package main

func main() { panic("not built yet") }
