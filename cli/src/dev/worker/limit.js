// Cloudflare's rate limit, for one runtime: so many calls with a key in each period of so many seconds.

// The Rust of the Worker looks at the class's name.
class Ratelimit {
  #limit;
  #period;
  #current = 0;
  #counts = new Map();

  constructor({ limit, period }) {
    this.#limit = limit;
    this.#period = period * 1000;
  }

  async limit({ key }) {
    const now = Math.floor(Date.now() / this.#period);
    if (now !== this.#current) [this.#current, this.#counts] = [now, new Map()];
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return { success: count <= this.#limit };
  }
}

export default (settings) => new Ratelimit(settings);
