/** Text with one byte a character. */
export interface Narrow {
  readonly text: Uint8Array;
  /** Where it begins in the payload. */
  readonly offset: number;
  /** Bytes of the payload for each of its own. */
  readonly unit: 1 | 2;
}

/** Characters that have to look like UTF-16 where no byte order mark says so. */
const SAMPLE = 32;

/**
 * The payload's bytes; of UTF-16 text, little-endian, which scripts are often saved as, the low byte of each character.
 */
export function narrow(content: Uint8Array): Narrow {
  const marked = content[0] === 0xff && content[1] === 0xfe;
  if (!marked && !alternates(content)) return { text: content, offset: 0, unit: 1 };
  const offset = marked ? 2 : 0;
  const text = new Uint8Array((content.length - offset) >> 1);
  // What is not ASCII becomes NUL, which is in no alphabet.
  for (let i = 0; i < text.length; i++) text[i] = content[offset + 2 * i + 1] === 0 ? content[offset + 2 * i]! : 0;
  return { text, offset, unit: 2 };
}

function alternates(content: Uint8Array): boolean {
  if (content.length < 2 * SAMPLE) return false;
  for (let i = 0; i < 2 * SAMPLE; i += 2) if (content[i] === 0 || content[i + 1] !== 0) return false;
  return true;
}
