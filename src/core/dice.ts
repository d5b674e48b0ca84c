/** Chance as a parameter: each call gives a number in [0, 1). */
export type Dice = () => number;

/** Nothing to reproduce: the platform's own generator. */
export const systemDice: Dice = Math.random;

/** The same seed, the same throws, on every machine: xoshiro128** (Blackman and Vigna, 2018), seeded by splitmix32. */
export function seededDice(seed: number): Dice {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let [a, b, c, d] = [next(), next(), next(), next()];
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return (result >>> 0) / 2 ** 32;
  };
}

function rotate(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}
