// The npm package oauth2-mock-server on a free loopback port. It signs in
// whoever comes, and asks nothing. The first line on standard output is JSON:
// {"issuer": "http://127.0.0.1:PORT"}.

import { OAuth2Server } from 'oauth2-mock-server';

const server = new OAuth2Server();
await server.issuer.keys.generate('RS256');
await server.start(0, '127.0.0.1');
console.log(JSON.stringify({ issuer: server.issuer.url }));
