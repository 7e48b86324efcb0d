// Who may write: API_KEYS has the SHA-256 digests of the keys, in rowgate's form.

const ID = /^rg([0-9A-Za-z]{8})[0-9A-Za-z]{32}$/;

const encoder = new TextEncoder();
let ring;

export async function keyOf(key, env) {
  const [, id] = ID.exec(key ?? "") ?? [];
  ring ??= JSON.parse(env.API_KEYS);
  const entry = ring.find((entry) => entry.id === id);
  if (!entry || hasExpired(entry)) return undefined;

  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(key));
  return crypto.subtle.timingSafeEqual(digest, bytes(entry.sha256)) ? entry : undefined;
}

function hasExpired({ expires }) {
  return expires !== undefined && Date.parse(expires) <= Date.now();
}

function bytes(hex) {
  return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
}
