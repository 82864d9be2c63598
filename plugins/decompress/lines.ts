const NEWLINE = 10;

/** Cuts a stream of bytes into lines of text. */
export class Lines {
  #pieces: Uint8Array[] = [];

  /** @param onLine Gets every line, without its end. */
  constructor(private readonly onLine: (line: string) => void) {}

  /** More bytes; not kept. */
  push(bytes: Uint8Array): void {
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
      this.#pieces.push(bytes.subarray(from, at));
      from = at + 1;
      this.end();
    }
    // A copy: the bytes are a view of memory that changes.
    if (from < bytes.length) this.#pieces.push(bytes.slice(from));
  }

  /** The end of a line, or of the stream. */
  end(): void {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.onLine(decode(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : concatenate(pieces)));
  }
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });
const WINDOWS_1252 = new TextDecoder("windows-1252");

/** UTF-8, or what cannot be that as Windows-1252, where every byte is a character: names in old code pages lose none. */
function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return WINDOWS_1252.decode(bytes);
  }
}
