/** What the readers of archives share. */

/** An entry of an archive. */
export interface ArchiveEntry {
  /** As the archive has it. */
  readonly name: string;
  readonly kind: "file" | "folder" | "other";
  /** For another kind: what it is, and the remedy. */
  readonly other?: string;
  /** The content of a file, a copy. */
  read(): Uint8Array<ArrayBuffer>;
}

/** What is said of a bomb. */
export function tooLarge(room: number, packed: number): string {
  return `more than ${room} bytes would come out of its ${packed}: pack fewer or smaller files`;
}

/** The `code` of an error of Node's modules. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
