/**
 * Document properties, ECMA-376 part 2, 8 (core) and part 1, 22.2 and 22.3 (extended and custom).
 *
 * @module
 */
import type { XmlTag } from "./xml.ts";

/** Keys in the results by element name; elements of core and extended properties don't share names. */
const KEYS: Readonly<Record<string, string>> = {
  title: "title",
  subject: "subject",
  creator: "creator",
  keywords: "keywords",
  description: "description",
  lastModifiedBy: "last_modified_by",
  revision: "revision",
  created: "created",
  modified: "modified",
  lastPrinted: "last_printed",
  category: "category",
  contentStatus: "content_status",
  language: "language",
  identifier: "identifier",
  version: "version",
  Template: "template",
  Manager: "manager",
  Company: "company",
  Application: "application",
  AppVersion: "app_version",
  DocSecurity: "doc_security",
  HyperlinkBase: "hyperlink_base",
  PresentationFormat: "presentation_format",
  TotalTime: "total_time",
  Pages: "pages",
  Words: "words",
  Characters: "characters",
  CharactersWithSpaces: "characters_with_spaces",
  Lines: "lines",
  Paragraphs: "paragraphs",
  Slides: "slides",
  Notes: "notes",
  HiddenSlides: "hidden_slides",
};
/** Extended properties that are numbers. */
const NUMBERS: ReadonlySet<string> = new Set(
  ["doc_security", "total_time", "pages", "words", "characters", "characters_with_spaces", "lines", "paragraphs"]
    .concat(
      ["slides", "notes", "hidden_slides"],
    ),
);
const MAX_VALUE = 4_096;
const MAX_CUSTOM = 256;

/** Reads core or extended properties; an empty element has no entry. */
export function readDocumentProperties(tags: Iterable<XmlTag>): Map<string, string | number> {
  const found = new Map<string, string | number>();
  for (const { kind, name, text } of tags) {
    const key = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
    const value = text.trim().slice(0, MAX_VALUE);
    if (kind !== "end" || key === undefined || value === "") continue;
    found.set(key, NUMBERS.has(key) && /^\d{1,15}$/.test(value) ? Number(value) : value);
  }
  return found;
}

/** Reads custom properties, by the names their author gave them. */
export function readCustomProperties(tags: Iterable<XmlTag>): Map<string, string> {
  const found = new Map<string, string>();
  let name: string | undefined;
  for (const tag of tags) {
    if (tag.name === "property") name = tag.kind === "start" ? tag.attributes.get("name") : undefined;
    else if (tag.kind === "end" && name !== undefined && found.size < MAX_CUSTOM) {
      found.set(name.slice(0, MAX_VALUE), tag.text.slice(0, MAX_VALUE));
    }
  }
  return found;
}
