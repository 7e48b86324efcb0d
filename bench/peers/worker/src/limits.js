// How many requests may come, by the bindings of rowgate's wrangler.toml.

export async function isWithin(limiter, key) {
  if (key === null) return true;
  const { success } = await limiter.limit({ key });
  return success;
}
