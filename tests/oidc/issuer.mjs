// A certified OpenID provider for the tests: `node issuer.mjs` prints its address and ends with
// its standard input. Who its users are, it is told on the way in: their claims are the login hint.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const SECRET = 'only-for-tests';
const ALGORITHMS = { 'urn:karguzar': 'ES256', 'urn:karguzar:rs256': 'RS256', 'urn:karguzar:eddsa': 'EdDSA', 'urn:elsewhere': 'ES256' };

const server = createServer();
server.listen(0, '127.0.0.1', () => process.stdout.write(`${issuer()}\n`));
process.stdin.resume().on('end', () => process.exit(0));

let published = freshKeys();
let provider;
server.on('request', (request, response) => {
  provider ??= made(published);
  const path = new URL(request.url, issuer());
  if (path.pathname === '/test/rotate') {
    const old = path.searchParams.has('keep') ? published : [];
    published = [...freshKeys(), ...old];
    provider = made(published);
    response.end();
  } else if (path.pathname.startsWith('/interaction/')) {
    signIn(request, response);
  } else {
    provider.callback()(request, response);
  }
});

function issuer() {
  return `http://127.0.0.1:${server.address().port}`;
}

function freshKeys() {
  const made = [
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['EdDSA', generateKeyPairSync('ed25519')],
  ];
  return made.map(([alg, { privateKey }]) => ({
    ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: randomUUID(),
  }));
}

function made(keys) {
  const machine = (client_id) => ({
    client_id, client_secret: SECRET, grant_types: ['client_credentials'],
    redirect_uris: [], response_types: [],
  });
  return new Provider(issuer(), {
    jwks: { keys },
    cookies: { keys: [SECRET] },
    clients: [
      machine('call-centre'),
      machine('stray'),
      {
        client_id: 'reception-desk', client_secret: SECRET, grant_types: ['authorization_code'],
        response_types: ['code'], redirect_uris: ['https://desk.example/back'],
      },
      {
        // Of a native client the port on this machine may be any (RFC 8252).
        client_id: 'pages', client_secret: SECRET, grant_types: ['authorization_code'],
        response_types: ['code'], redirect_uris: ['http://127.0.0.1/sign-in/callback'],
        application_type: 'native',
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'register',
          audience: resource === 'urn:elsewhere' ? 'elsewhere' : 'karguzar',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: ALGORITHMS[resource] } },
        }),
        useGrantedResource: () => true,
      },
    },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    extraTokenClaims: (_, token) => (
      token.kind === 'ClientCredentials' ? { roles: ['registrar'] } : JSON.parse(said.get(token.accountId))
    ),
    loadExistingGrant: async (context) => {
      const { Grant } = context.oidc.provider;
      const grant = new Grant({
        clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope('openid');
      for (const resource of Object.keys(ALGORITHMS)) grant.addResourceScope(resource, 'register');
      await grant.save();
      return grant;
    },
  });
}

const said = new Map();

async function signIn(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const { sub, ...claims } = JSON.parse(params.login_hint);
  said.set(sub, JSON.stringify(claims));
  await provider.interactionFinished(request, response, { login: { accountId: sub }, consent: {} });
}
