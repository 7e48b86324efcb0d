// What Cloudflare does before it calls a Worker: it says the client's address, and answers for the page's files.
//
// ASSETS has what assets.rs makes of each path, FILES the files' content, GATEWAY is the Worker.

export default {
  fetch(request, env) {
    const url = new URL(request.url);
    if (Object.hasOwn(env.ASSETS, url.pathname)) return serve(request, url, env.ASSETS[url.pathname], env.FILES);
    return env.GATEWAY.fetch(withAddress(request));
  },
};

function withAddress(request) {
  // 127.0.0.1:50550 or [::1]:50550
  const address = request.cf?.clientIp?.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  if (!address || request.headers.has("cf-connecting-ip")) return request;
  const told = new Request(request);
  told.headers.set("cf-connecting-ip", address);
  return told;
}

async function serve(request, url, { file, location, always, content }, files) {
  const answer = (status, headers, body = null) => new Response(body, { status, headers: { ...always, ...headers } });
  if (!["GET", "HEAD"].includes(request.method)) return answer(405);
  if (location) return answer(307, { location: location + url.search });
  if (isKnown(request.headers.get("if-none-match"), content.etag)) return answer(304, content);
  if (request.method === "HEAD") return answer(200, content);
  const found = await files.fetch(`http://files/${file}`);
  return found.ok ? answer(200, content, found.body) : answer(500);
}

function isKnown(known, etag) {
  return known?.replace(/^W\//, "") === etag;
}
