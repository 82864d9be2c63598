/**
 * Shannon entropy in bits a byte: 0 (all bytes alike, or none) to 8 (all values equally frequent). Linear.
 *
 * C. E. Shannon, "A Mathematical Theory of Communication" (1948), section 6: H = −Σ p log₂ p.
 *
 * @param bytes The bytes.
 */
export function shannonEntropy(bytes: Uint8Array): number {
  // 32 bits are enough: a payload has fewer than 2^32 bytes, or no frame could hold it. Two tables, since equal bytes one after another wait for each other's count.
  const counts = new Uint32Array(256);
  const others = new Uint32Array(256);
  const even = bytes.length - bytes.length % 2;
  for (let i = 0; i < even; i += 2) {
    counts[bytes[i]!]!++;
    others[bytes[i + 1]!]!++;
  }
  if (even < bytes.length) counts[bytes[even]!]!++;
  for (let i = 0; i < 256; i++) counts[i]! += others[i]!;
  let entropy = 0;
  for (const count of counts) {
    if (count === 0) continue;
    const frequency = count / bytes.length;
    entropy -= frequency * Math.log2(frequency);
  }
  return entropy;
}
