const LF = 0x0a, CR = 0x0d;

/**
 * Mail as mail programs read it: without byte order mark and leading blank lines; saved as UTF-16, or with the line ends
 * of old Macs, turned into UTF-8 and LF. Anything else stays as it is.
 */
export function normalizeText(content: Uint8Array): Uint8Array {
  let bytes = content;
  if (bytes[0] === 0xff && bytes[1] === 0xfe) bytes = recode(bytes, "utf-16le");
  else if (bytes[0] === 0xfe && bytes[1] === 0xff) bytes = recode(bytes, "utf-16be");
  else if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
  if (!bytes.includes(LF) && bytes.includes(CR)) bytes = bytes.map((byte) => byte === CR ? LF : byte);
  let start = 0;
  while (bytes[start] === LF || bytes[start] === CR) start++;
  return bytes.subarray(start);
}

function recode(bytes: Uint8Array, charset: string): Uint8Array {
  return new TextEncoder().encode(new TextDecoder(charset).decode(bytes));
}
