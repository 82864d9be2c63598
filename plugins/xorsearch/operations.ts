/**
 * The ways to hide text that XORSearch knows (Didier Stevens, https://blog.didierstevens.com/programs/xorsearch/): a
 * key is what decodes.
 *
 * @module
 */

/** Names of the operations, in the order in which they are searched and reported. */
export const OPERATIONS = ["XOR", "ROL", "ROT", "SHIFT", "ADD"] as const;

/** One of {@linkcode OPERATIONS}. */
export type Operation = typeof OPERATIONS[number];

/** Smallest and largest key, besides 0, which hides nothing. Adding 128 is the same as XOR with it. */
export const KEYS: Readonly<Record<Operation, readonly [first: number, last: number]>> = {
  XOR: [1, 255],
  ROL: [1, 7],
  ROT: [1, 25],
  SHIFT: [1, 7],
  ADD: [1, 255],
};

/**
 * The byte at `at`, decoded: exclusive or; bits rotated to the left; letters moved back in the alphabet; all bits of
 * the payload shifted to the left; addition modulo 256.
 *
 * @returns `undefined` outside the payload.
 */
export function decodeAt(content: Uint8Array, at: number, operation: Operation, key: number): number | undefined {
  const byte = content[at];
  if (byte === undefined) return undefined;
  if (operation === "SHIFT") return (byte << key | (content[at + 1] ?? 0) >> (8 - key)) & 0xff;
  return decodeByte(byte, operation, key);
}

/** What each byte decodes to, of the operations that decode byte by byte. */
export function decodeTable(operation: Exclude<Operation, "SHIFT">, key: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => decodeByte(byte, operation, key));
}

function decodeByte(byte: number, operation: Exclude<Operation, "SHIFT">, key: number): number {
  switch (operation) {
    case "XOR":
      return byte ^ key;
    case "ADD":
      return (byte + key) & 0xff;
    case "ROL":
      return (byte << key | byte >> (8 - key)) & 0xff;
    case "ROT":
      return isLetter(byte) ? (byte & 0x20) + 0x41 + ((byte & 0x1f) - 1 + 26 - key) % 26 : byte;
  }
}

function isLetter(byte: number): boolean {
  const upper = byte & 0xdf;
  return upper >= 0x41 && upper <= 0x5a;
}

/** A key as the original's results show it: of XOR in hexadecimal, of the others after their name. */
export function keyName(operation: Operation, key: number): string {
  const hex = "0x" + key.toString(16).toUpperCase().padStart(2, "0");
  return operation === "XOR" ? hex : operation === "ADD" ? `ADD ${hex}` : `${operation} ${key}`;
}
