/**
 * The tags of an XML part, without a document tree and without entities of its own: nothing to expand, nothing to fetch.
 *
 * Broken XML gives the tags that can be told. Time is linear: no step looks beyond the next `<`.
 *
 * @module
 */

/** A start, end or empty-element tag. */
export interface XmlTag {
  readonly kind: "start" | "end" | "empty";
  /** Name without its prefix. */
  readonly name: string;
  /** Values by attribute name without its prefix; the first of that name counts. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Character data between the tag before and this one. */
  readonly text: string;
}

const NAME = /\/?[^\s<>\/"'=]{1,256}/y;
const ATTRIBUTE = /\s*([^\s<>\/"'=]{1,256})\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const END = /\s*(\/?)>/y;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const MAX_CODE_POINT = 0x10ffff;

/** Text of a part: UTF-16 where its byte order mark says so, else UTF-8. */
export function decodeXml(bytes: Uint8Array): string {
  const label = bytes[0] === 0xff && bytes[1] === 0xfe
    ? "utf-16le"
    : bytes[0] === 0xfe && bytes[1] === 0xff
    ? "utf-16be"
    : "utf-8";
  return new TextDecoder(label).decode(bytes);
}

/** Yields the tags of a text in order. */
export function* xmlTags(xml: string): Generator<XmlTag> {
  let text = "";
  for (let at = 0; at < xml.length;) {
    const open = xml.indexOf("<", at);
    if (open < 0) return;
    text += unescapeXml(xml.slice(at, open));
    if (xml.startsWith("<![CDATA[", open)) {
      const end = xml.indexOf("]]>", open);
      if (end < 0) return;
      text += xml.slice(open + 9, end);
      at = end + 3;
      continue;
    }
    if (xml.startsWith("<!--", open)) {
      const end = xml.indexOf("-->", open + 4);
      if (end < 0) return;
      at = end + 3;
      continue;
    }
    NAME.lastIndex = open + 1;
    const name = NAME.exec(xml)?.[0];
    at = open + 1;
    if (name === undefined || name.startsWith("?") || name.startsWith("!")) continue;
    at = NAME.lastIndex;
    const attributes = new Map<string, string>();
    for (ATTRIBUTE.lastIndex = at;;) {
      const match = ATTRIBUTE.exec(xml);
      if (!match) break;
      at = ATTRIBUTE.lastIndex;
      const key = localName(match[1]!);
      if (!attributes.has(key)) attributes.set(key, unescapeXml(match[2] ?? match[3] ?? ""));
    }
    END.lastIndex = at;
    const end = END.exec(xml);
    if (!end) continue;
    at = END.lastIndex;
    const kind = name.startsWith("/") ? "end" : end[1] === "/" ? "empty" : "start";
    yield { kind, name: localName(kind === "end" ? name.slice(1) : name), attributes, text };
    text = "";
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function unescapeXml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = decimal !== undefined ? Number(decimal) : parseInt(hex, 16);
    return code > 0 && code <= MAX_CODE_POINT ? String.fromCodePoint(code) : whole;
  });
}
