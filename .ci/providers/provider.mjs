// An OpenID provider on a free loopback port: panva's oidc-provider, of the
// version named by the npm package. The first line on standard output is JSON:
// {"issuer": "http://127.0.0.1:PORT"}.
//
//	node provider.mjs oidc-provider      version 9, S256 only
//	node provider.mjs oidc-provider-8    version 8, which still knows plain
//
// CLIENT_JWK in the environment is the public key of the client "guarded".

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const [name] = process.argv.slice(2);
const { default: Provider } = await import(name);

const configuration = {
  clients: [
    {
      client_id: 'native',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'], // any port (RFC 8252 section 7.3)
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    {
      client_id: 'web',
      client_secret: 'a secret of the interoperability test',
      token_endpoint_auth_method: 'client_secret_basic',
      redirect_uris: ['http://127.0.0.1:18400/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
  ],
  scopes: ['openid', 'offline_access', 'profile', 'email'],
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  pkce: {
    required: () => true,
    ...(name.endsWith('-8') ? { methods: ['S256', 'plain'] } : {}),
  },
  cookies: { keys: ['not a secret: the provider ends with the test'] },
  features: {
    devInteractions: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    // Version 8 calls some of the others differently; they are walked with 9.
    ...(name.endsWith('-8') ? {} : {
      pushedAuthorizationRequests: { enabled: true },
      requestObjects: { enabled: true },
      jwtResponseModes: { enabled: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, resource) => ({ scope: 'api:read', audience: resource, accessTokenFormat: 'jwt' }),
      },
    }),
  },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true }),
  }),
};

if (process.env.CLIENT_JWK) {
  configuration.clients.push({
    client_id: 'guarded',
    application_type: 'native',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'RS256',
    jwks: { keys: [JSON.parse(process.env.CLIENT_JWK)] },
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token', 'implicit'],
    response_types: ['code', 'code id_token'],
  });
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  server.on('request', new Provider(issuer, configuration).callback());
  console.log(JSON.stringify({ issuer }));
});
