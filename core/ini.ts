/**
 * INI files in the dialect of Python's configparser, which stoQ's `stoq.cfg` and `.stoq` files are written in.
 *
 * Source: https://docs.python.org/3/library/configparser.html, "Supported INI File Structure", with its defaults:
 * `=` or `:` as delimiter, `#` or `;` begin a comment line, a deeper indented line continues a value, names of options are case
 * insensitive, `[DEFAULT]` holds for every section. Values are never interpolated: `%` is only a character. As in stoQ, a
 * name may stand without a value. Ours: in `[permissions]` and `[limits]` a ` ;` or ` #` after a value begins a comment, so that what a
 * plugin may do can be explained where it stands; elsewhere these characters belong to the value.
 *
 * @module
 */

/** Sections by name; in each, values by lower-case option name. `null` where a name stands without a value. */
export type Ini = Map<string, Map<string, string | null>>;

/** Sections in which a comment may follow a value. */
const ANNOTATED = /^(permissions|limits)(\..*)?$/i;

/** A line that is not INI. */
export class IniError extends SyntaxError {
  override readonly name = "IniError";
}

/**
 * Parses INI text.
 *
 * @param text The content of the file.
 * @param source Name of the file, for errors.
 * @throws {IniError} Naming file, line and remedy.
 */
export function parseIni(text: string, source: string): Ini {
  const sections: Ini = new Map();
  let section: Map<string, string | null> | undefined;
  let annotated = false;
  const valueOf = (text: string) => annotated ? withoutComment(text) : text;
  let option: { name: string; indent: number; lines: string[] } | undefined;
  const fail = (line: number, why: string): never => {
    throw new IniError(`Cannot read "${source}", line ${line}: ${why}`);
  };
  const finish = () => {
    if (option !== undefined) section?.set(option.name, option.lines.join("\n").trimEnd());
    option = undefined;
  };
  for (const [index, raw] of text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/).entries()) {
    const number = index + 1;
    const line = raw.trimEnd();
    const content = line.trimStart();
    const indent = line.length - content.length;
    if (content === "") {
      option?.lines.push("");
      continue;
    }
    if (content.startsWith("#") || content.startsWith(";")) continue;
    if (option !== undefined && indent > option.indent) {
      option.lines.push(valueOf(content));
      continue;
    }
    finish();
    const header = /^\[([^\]]+)\]\s*([;#].*)?$/.exec(content);
    if (header) {
      const name = header[1]!.trim();
      if (sections.has(name)) fail(number, `section [${name}] is there twice: join the two`);
      sections.set(name, section = new Map());
      annotated = ANNOTATED.test(name);
      continue;
    }
    if (content.startsWith("[")) {
      fail(number, `"${content.slice(0, 60)}" begins like a section, but is none: write [name]`);
    }
    if (section === undefined) return fail(number, `"${content.slice(0, 60)}" is before any [section]: begin with one`);
    // No part can match what the next one matches, but for the last, which takes all: the time grows with the line, not with its square.
    const pair = /^([^=:]*)[=:]\s*(.*)$/s.exec(content);
    const name = (pair ? pair[1]! : valueOf(content)).trim().toLowerCase();
    if (name === "") fail(number, `"${content.slice(0, 60)}" has no name before the "=": write name = value`);
    if (section.has(name)) fail(number, `option "${name}" is there twice in its section: keep one`);
    if (pair) {
      option = { name, indent, lines: [valueOf(pair[2]!)] };
      section.set(name, "");
    } else section.set(name, null);
  }
  finish();
  return withDefaults(sections);
}

/** Cuts ` ; comment` and ` # comment`; the sign must follow white space, so that `a;b` and `x#1` stay whole. */
function withoutComment(value: string): string {
  const at = value.search(/(^|\s)[;#](\s|$)/);
  return at === -1 ? value : value.slice(0, at).trimEnd();
}

function withDefaults(sections: Ini): Ini {
  const defaults = sections.get("DEFAULT");
  if (defaults === undefined) return sections;
  sections.delete("DEFAULT");
  for (const [name, section] of sections) sections.set(name, new Map([...defaults, ...section]));
  return sections;
}
