/**
 * Contents of named elements of an XML text, without a document tree and without entities of its own: nothing to expand,
 * nothing to fetch. Broken XML gives the elements that can be told.
 *
 * Work is linear: one step forward at a time, and a stack of what is open.
 *
 * @module
 */

/** Elements that are kept. */
const MAX_ELEMENTS = 1_000;
/** Wanted elements inside each other: their text is kept for each. */
const MAX_OPEN = 16;

/** An element. */
export interface XmlElement {
  /** As the option has it. */
  readonly name: string;
  /** Character data of the element itself and of those inside it. */
  readonly text: string;
  /** Values by attribute name. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Whether the text ends before the element does. */
  readonly open: boolean;
}

/** What was found. */
export interface XmlElements {
  readonly elements: XmlElement[];
  /** Whether any tag was found at all. */
  readonly isXml: boolean;
  readonly leftOut: number;
}

const TAG = /(\/?)([^\s<>\/"'=!?]{1,256})/y;
const ATTRIBUTE = /\s*([^\s<>\/"'=]{1,256})\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const TAG_END = /[^<>]*>/y;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const MAX_CODE_POINT = 0x10ffff;
const MAX_ATTRIBUTE = 1024;
const MAX_ATTRIBUTES = 50;

interface Open {
  readonly tag: string;
  readonly name: string;
  readonly parts: string[];
  readonly attributes: Record<string, string>;
}

/** Finds elements by their names, with or without prefix. */
export function findElements(xml: string, names: readonly string[]): XmlElements {
  const elements: XmlElement[] = [];
  const stack: Open[] = [];
  let isXml = false;
  let leftOut = 0;
  const add = (text: string) => {
    for (const { parts } of stack) parts.push(text);
  };
  const finish = ({ name, parts, attributes }: Open, open: boolean) => {
    if (elements.length >= MAX_ELEMENTS) leftOut++;
    else elements.push({ name, text: parts.join(""), attributes, open });
  };
  for (let at = 0; at < xml.length;) {
    const tagAt = xml.indexOf("<", at);
    if (stack.length > 0) add(unescape(xml.slice(at, tagAt < 0 ? xml.length : tagAt)));
    if (tagAt < 0) break;
    const skip = (start: string, end: string): boolean => {
      if (!xml.startsWith(start, tagAt)) return false;
      const found = xml.indexOf(end, tagAt + start.length);
      if (start === "<![CDATA[") add(xml.slice(tagAt + start.length, found < 0 ? xml.length : found));
      at = found < 0 ? xml.length : found + end.length;
      return true;
    };
    if (skip("<![CDATA[", "]]>") || skip("<!--", "-->") || skip("<?", "?>")) continue;
    TAG.lastIndex = tagAt + 1;
    const match = TAG.exec(xml);
    at = tagAt + 1;
    if (!match) continue;
    at = TAG.lastIndex;
    const [, slash, tag = ""] = match;
    isXml = true;
    if (slash === "/") {
      const index = stack.findLastIndex((open) => open.tag === tag);
      if (index >= 0) { for (const open of stack.splice(index).reverse()) finish(open, false); }
    } else {
      const name = names.find((wanted) => wanted === tag || wanted === tag.slice(tag.indexOf(":") + 1));
      if (name !== undefined) {
        const attributes: [string, string][] = [];
        for (ATTRIBUTE.lastIndex = at;;) {
          const found = ATTRIBUTE.exec(xml);
          if (!found) break;
          at = ATTRIBUTE.lastIndex;
          const value = unescape((found[2] ?? found[3] ?? "").slice(0, MAX_ATTRIBUTE));
          if (attributes.length < MAX_ATTRIBUTES) attributes.push([found[1]!, value]);
        }
        const open = { tag, name, parts: [], attributes: Object.fromEntries(attributes) };
        TAG_END.lastIndex = at;
        const empty = TAG_END.exec(xml)?.[0].endsWith("/>") ?? false;
        if (!empty && stack.length < MAX_OPEN) stack.push(open);
        else if (!empty) leftOut++;
      }
    }
    TAG_END.lastIndex = at;
    if (TAG_END.test(xml)) at = TAG_END.lastIndex;
  }
  for (const open of stack.reverse()) finish(open, true);
  return { elements, isXml, leftOut };
}

function unescape(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = decimal !== undefined ? Number(decimal) : parseInt(hex, 16);
    return code > 0 && code <= MAX_CODE_POINT ? String.fromCodePoint(code) : whole;
  });
}
