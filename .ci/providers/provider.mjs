// An OpenID provider on a free loopback port: panva's oidc-provider, of the
// version named by the npm package. The first line on standard output is JSON:
// {"issuer": "http://127.0.0.1:PORT"}.
//
//	node provider.mjs oidc-provider      version 9, S256 only
//	node provider.mjs oidc-provider-8    version 8, which still knows plain
//
// CLIENT_JWK in the environment is the public key of the client "guarded",
// CLIENT_JWKS those of further clients, by their names, and CLIENT_SECRET the secret of those that are named by their way of showing it,
// and of the client ODD_ID.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const [name] = process.argv.slice(2);
const { default: Provider } = await import(name);
const plainKnown = name.endsWith('-8');
const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code';

// One key signs, the other is for request objects that are encrypted.
const keys = ['sig', 'enc'].map((use) => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), use, kid: use,
}));

const configuration = {
  ...(plainKnown ? {} : { jwks: { keys } }),
  clients: [
    {
      client_id: 'native',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'], // any port (RFC 8252 section 7.3)
      grant_types: ['authorization_code', 'refresh_token', ...(plainKnown ? [] : [deviceCode])],
      response_types: ['code'],
    },
    // A secret, and once an id, that has to be form-encoded before it goes into
    // the header.
    ...[
      ['client_secret_basic', 'client_secret_basic'],
      ['client_secret_post', 'client_secret_post'],
      ['client_secret_jwt', 'client_secret_jwt'],
      [process.env.ODD_ID, 'client_secret_basic'],
    ].map(([id, method]) => ({
      client_id: id,
      client_secret: process.env.CLIENT_SECRET,
      application_type: 'native',
      token_endpoint_auth_method: method,
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    })),
  ],
  scopes: ['openid', 'offline_access', 'profile', 'email'],
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  pkce: {
    required: () => true,
    ...(plainKnown ? { methods: ['S256', 'plain'] } : {}),
  },
  enabledJWA: { clientAuthSigningAlgValues: ['HS256', 'RS256', 'PS256'] },
  cookies: { keys: ['not a secret: the provider ends with the test'] },
  features: {
    devInteractions: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource) => ({ scope: 'api:read', audience: resource, accessTokenFormat: 'jwt' }),
    },
    // Version 8 calls some of the others differently; they are walked with 9.
    ...(plainKnown ? { pushedAuthorizationRequests: { enabled: false } } : {
      deviceFlow: { enabled: true },
      richAuthorizationRequests: {
        enabled: true,
        types: { payment_initiation: { validate() {} } },
        authorizationDetailsForGrantSource: (ctx) => ctx.oidc.params.authorization_details && JSON.parse(ctx.oidc.params.authorization_details),
        authorizationDetailsForAccessToken: (ctx, token, source) => source.rar,
        authorizationDetailsForIntrospection: (ctx, token) => token.rar,
      },
      pushedAuthorizationRequests: { enabled: true },
      requestObjects: { enabled: true },
      encryption: { enabled: true },
      jwtResponseModes: { enabled: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
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
    ...(plainKnown ? {} : { authorization_details_types: ['payment_initiation'] }),
  });
}

for (const [id, jwk] of Object.entries(JSON.parse(process.env.CLIENT_JWKS ?? '{}'))) {
  configuration.clients.push({
    client_id: id,
    application_type: 'native',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: jwk.alg,
    jwks: { keys: [jwk] },
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  });
  configuration.enabledJWA.clientAuthSigningAlgValues.push(jwk.alg);
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  server.on('request', new Provider(issuer, configuration).callback());
  console.log(JSON.stringify({ issuer }));
});
