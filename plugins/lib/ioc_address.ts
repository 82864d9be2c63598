/**
 * Textual IP addresses, as numbers: enough to validate them and to compare them with a network.
 *
 * @module
 */

/** An address: 4 bytes (IPv4) or 16 (IPv6). */
export type AddressBytes = readonly number[];

/** Parses a dotted quad without leading zeros (RFC 6943, section 3.1.1: the strict form). */
export function parseIPv4(text: string): AddressBytes | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes.push(Number(part));
  }
  return bytes;
}

/** Parses an IPv6 address (RFC 4291, section 2.2), `::` and a dotted quad at the end included, zone identifiers not. */
export function parseIPv6(text: string): AddressBytes | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function groups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (last && i === parts.length - 1 && part.includes(".")) {
      const quad = parseIPv4(part);
      if (!quad) return undefined;
      bytes.push(...quad);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined;
      const value = parseInt(part, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
}

/** A network: the address and how many of its bits count. */
export interface Network {
  address: AddressBytes;
  bits: number;
}

/** Parses `10.0.0.0/8`, `fc00::/7` or a single address. */
export function parseNetwork(text: string): Network | undefined {
  const [address = "", bits, ...rest] = text.split("/");
  const bytes = parseIPv4(address) ?? parseIPv6(address);
  if (!bytes || rest.length > 0) return undefined;
  const all = bytes.length * 8;
  if (bits === undefined) return { address: bytes, bits: all };
  return /^\d{1,3}$/.test(bits) && Number(bits) <= all ? { address: bytes, bits: Number(bits) } : undefined;
}

/** Whether `address` lies in `network`. */
export function inNetwork(address: AddressBytes, network: Network): boolean {
  if (address.length !== network.address.length) return false;
  for (let bit = 0; bit < network.bits; bit += 8) {
    const mask = 0xff00 >> Math.min(8, network.bits - bit) & 0xff;
    if (((address[bit >> 3]! ^ network.address[bit >> 3]!) & mask) !== 0) return false;
  }
  return true;
}
