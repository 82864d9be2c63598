/** Waits before the next of several attempts: half a second, doubled each time, at most half a minute. */
export function backoff(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(30_000, 250 * 2 ** attempt)));
}
