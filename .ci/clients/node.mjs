// MSAL Node against the practice tenant: code with PKCE, refresh and device
// flow as a public client, code with PKCE and refresh as a confidential one, by
// secret and by certificate.
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as msal from '@azure/msal-node'

const practice = JSON.parse(process.env.PRACTICE)
const base = new URL(practice.authority).origin
const [desktop, server] = practice.registrations
const scopes = ['User.Read']

// The libraries ask a built-in address whether they can trust an authority that
// they do not know by name. The tenant answers that.
const send = globalThis.fetch
let discovered = 0
globalThis.fetch = (to, options) => {
  const url = new URL(to)
  if (url.host === 'login.microsoftonline.com' && url.pathname === '/common/discovery/instance') {
    discovered++
    return send(base + url.pathname + url.search, options)
  }
  return send(to, options)
}

let cookie = ''
async function request(url, options = {}) {
  const res = await fetch(url, { redirect: 'manual', ...options, headers: { cookie } })
  cookie = res.headers.get('set-cookie')?.split(';')[0] ?? cookie
  return res
}

const unescape = (s = '') => s.replace(/&#(\d+);/g, (_, n) => String.fromCharCode(n)).replaceAll('&quot;', '"').replaceAll('&amp;', '&')

// Plays the person: fills in each page's one form and presses its first button.
async function signIn(url, userCode) {
  let res = await request(url)
  for (let i = 0; i < 8; i++) {
    const to = res.headers.get('location')
    if (to) return to
    const page = await res.text()
    const form = page.match(/<form[\s\S]*?<\/form>/)?.[0]
    if (!form) return page
    const values = new URLSearchParams()
    for (const [, name, value] of form.matchAll(/<input[^>]*name="([^"]*)"(?:[^>]*value="([^"]*)")?/g)) values.set(name, unescape(value))
    const button = form.match(/<button[^>]*name="([^"]*)" value="([^"]*)"/)
    if (button) values.set(button[1], button[2])
    if (values.has('loginfmt')) {
      values.set('loginfmt', practice.account.username)
      values.set('passwd', practice.account.password)
    }
    if (values.has('otc')) values.set('otc', userCode)
    res = await request(base + unescape(form.match(/action="([^"]*)"/)[1]), { method: 'POST', body: values })
  }
  throw new Error('the sign-in does not come to an end')
}

const auth = (app, more = {}) => ({
  auth: { clientId: app.client_id, authority: practice.authority, ...more },
})

async function codeFlow(name, client, redirectUri) {
  const { verifier, challenge } = await new msal.CryptoProvider().generatePkceCodes()
  const url = await client.getAuthCodeUrl({ scopes, redirectUri, codeChallenge: challenge, codeChallengeMethod: 'S256', responseMode: 'query' })
  const code = new URL(await signIn(url)).searchParams.get('code')
  assert.ok(code, `${name}: no code`)
  const got = await client.acquireTokenByCode({ code, scopes, redirectUri, codeVerifier: verifier })
  assert.equal(got.account.username, practice.account.username)
  const again = await client.acquireTokenSilent({ account: got.account, scopes, forceRefresh: true })
  assert.notEqual(again.accessToken, got.accessToken)
  console.log(`${name}: code with PKCE and refresh`)
}

await codeFlow('public', new msal.PublicClientApplication(auth(desktop)), desktop.redirect_uris[1])
await codeFlow('secret', new msal.ConfidentialClientApplication(auth(server, { clientSecret: server.secret })), server.redirect_uris[0])

const certificate = new X509Certificate(readFileSync(practice.certificate))
const thumbprintSha256 = createHash('sha256').update(certificate.raw).digest('hex')
const privateKey = readFileSync(practice.key, 'utf8')
await codeFlow('certificate', new msal.ConfidentialClientApplication(auth(server, { clientCertificate: { thumbprintSha256, privateKey } })), server.redirect_uris[0])

const device = await new msal.PublicClientApplication(auth(desktop)).acquireTokenByDeviceCode({
  scopes,
  deviceCodeCallback: async ({ verificationUri, userCode }) => assert.match(await signIn(verificationUri, userCode), /You have signed in/),
})
assert.equal(device.account.username, practice.account.username)
console.log('device: signed in')

assert.ok(discovered > 0, 'no instance discovery')
console.log(`${discovered} instance discoveries answered`)
