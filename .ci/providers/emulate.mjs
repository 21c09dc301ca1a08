// The Entra-shaped emulator of the npm package emulate, on a free loopback
// port. The first line on standard output is JSON: {"issuer":
// "http://127.0.0.1:PORT/TENANT/v2.0"}.
//
// CLIENT_SECRET in the environment is the secret of the client "web".

import { createServer } from 'node:net';
import { createEmulator } from 'emulate';

const tenant = '9188040d-6c67-4c5b-b112-36a304b66dad';

// It cannot choose a port by itself.
const port = await new Promise((resolve, reject) => {
  const probe = createServer();
  probe.on('error', reject);
  probe.listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});
const emulator = await createEmulator({
  service: 'microsoft',
  port,
  baseUrl: `http://127.0.0.1:${port}`,
  seed: {
    microsoft: {
      users: [{ email: 'ada@example.com', name: 'Ada Lovelace', tenant_id: tenant }],
      oauth_clients: [{
        client_id: 'web',
        client_secret: process.env.CLIENT_SECRET,
        name: 'Web',
        redirect_uris: ['http://127.0.0.1:18401/callback'],
        tenant_id: tenant,
      }],
    },
  },
});
console.log(JSON.stringify({ issuer: `${emulator.url}/${tenant}/v2.0` }));
