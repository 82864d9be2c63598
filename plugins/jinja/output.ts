/** Most characters that are rendered: their JSON must fit into a sandbox's message. */
export const MAX_OUTPUT = 16 * 1024 * 1024;

/**
 * C0 and C1 controls but tab and line feed, and what turns the direction of text around: they move a terminal's cursor, or make a
 * name look like another.
 */
// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** What HTML gives a meaning to; the same five as in Jinja. */
const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

/** Text in which every control is visible, as `\u001b`: in JSON it means the same as before. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, unicodeEscape);
}

/** Text for HTML, in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => HTML[char]!);
}

/** JSON for HTML, also in a script: nothing in it has a meaning there. */
export function jsonForHtml(json: string): string {
  return json.replace(/[<>&']/g, unicodeEscape);
}

/** Counts what is rendered. */
export class OutputLimit {
  #left = MAX_OUTPUT;

  /** @throws {RangeError} If it is too much. */
  count(text: string): string {
    this.#left -= text.length;
    if (this.#left >= 0) return text;
    throw new RangeError(`it gives more than ${MAX_OUTPUT} characters`);
  }
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
