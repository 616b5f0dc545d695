/**
 * pass@k: the probability that at least one of k attempts at a task is right,
 * estimated from n attempts. Training rewards the mean of the attempts (k = 1);
 * larger k show what the model can reach at all.
 */

/**
 * Returns the unbiased estimate of pass@k from n samples of which c are right,
 * `1 - C(n-c, k) / C(n, k)` (Chen et al. 2021, equation 1), as a product that
 * cannot overflow. Throws `RangeError` where k exceeds n.
 */
export function passAtK(n: number, c: number, k: number): number {
  if (k > n) throw new RangeError(`pass@${k} needs ${k} samples, got ${n}`);
  if (n - c < k) return 1;
  let allWrong = 1;
  for (let i = n - c + 1; i <= n; i++) allWrong *= 1 - k / i;
  return 1 - allWrong;
}
