// The random numbers of the samples.

/** Small, well-known generator (mulberry32): integers only, so every machine agrees. */
export function randomNumbers(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit) => next() % limit;
  const pick = (list) => list[below(list.length)];
  const shuffle = (list) => {
    for (let last = list.length - 1; last > 0; last -= 1) {
      const other = below(last + 1);
      [list[last], list[other]] = [list[other], list[last]];
    }
    return list;
  };
  return { below, pick, shuffle };
}
