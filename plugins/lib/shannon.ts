/**
 * Shannon entropy in bits a byte: 0 (all bytes alike, or none) to 8 (all values equally frequent). Linear.
 *
 * C. E. Shannon, "A Mathematical Theory of Communication" (1948), section 6: H = −Σ p log₂ p.
 *
 * @param bytes The bytes.
 */
export function shannonEntropy(bytes: Uint8Array): number {
  const counts = new Float64Array(256);
  for (let i = 0; i < bytes.length; i++) counts[bytes[i]!]! += 1;
  let entropy = 0;
  for (const count of counts) {
    if (count === 0) continue;
    const frequency = count / bytes.length;
    entropy -= frequency * Math.log2(frequency);
  }
  return entropy;
}
