/**
 * What a document says of itself: the information dictionary (ISO 32000-1 section 14.3.3) and XMP (section 14.3.2).
 *
 * @module
 */
import type { PdfDocument } from "./document.ts";
import { isoDate, textOf } from "./text.ts";
import { dictOf, nameOf, numberOf, PdfName, PdfStream } from "./values.ts";

/** Entries that are kept; documents have about ten. */
const MAX_ENTRIES = 100;
const MAX_TEXT = 4096;
/** Bytes of XMP that are read; mostly padding after some kilobytes. */
const MAX_XMP = 1024 * 1024;

/** Names that are counted: what acts by itself, hides something, or is parsed by code that had faults. */
const RISKY = [
  "JS",
  "JavaScript",
  "AA",
  "OpenAction",
  "AcroForm",
  "XFA",
  "Launch",
  "URI",
  "SubmitForm",
  "ImportData",
  "GoToR",
  "GoToE",
  "EmbeddedFile",
  "EmbeddedFiles",
  "RichMedia",
  "Flash",
  "3D",
  "JBIG2Decode",
  "Encrypt",
  "ObjStm",
];

/** How often names occur in objects, also inside object streams, `#xx` resolved. */
export function countNames(
  { state }: PdfDocument,
): { keywords: Record<string, number>; obfuscated: Record<string, number> } {
  const keywords = Object.fromEntries(RISKY.map((name) => [`/${name}`, state.names.get(name) ?? 0]));
  const hidden = [...state.obfuscated].slice(0, MAX_ENTRIES);
  return { keywords, obfuscated: Object.fromEntries(hidden.map(([name, count]) => [`/${name}`, count])) };
}

/** The information dictionary under its own keys; dates as ISO 8601. */
export function readInformation(document: PdfDocument): Record<string, string> {
  const information: [string, string][] = [];
  const dict = dictOf(document.resolve(document.trailerValue("Info")));
  if (!dict || !document.readable) return {};
  for (const [key, value] of dict) {
    if (information.length >= MAX_ENTRIES) break;
    const found = document.resolve(value);
    const text = found instanceof PdfName ? found.name : textOf(found, MAX_TEXT);
    if (text !== undefined) information.push([key, key.endsWith("Date") ? isoDate(text) : text]);
  }
  return Object.fromEntries(information);
}

/** Properties of the catalog's XMP, as `prefix:name`; those of lists by the list's name. */
export function readXmp(document: PdfDocument): Record<string, string> {
  const catalog = dictOf(document.resolve(document.trailerValue("Root")));
  const stream = document.resolve(catalog?.get("Metadata"));
  if (!(stream instanceof PdfStream)) return {};
  const bytes = document.decode(stream).bytes.subarray(0, MAX_XMP);
  const label = bytes[0] === 0xfe && bytes[1] === 0xff
    ? "utf-16be"
    : bytes[0] === 0xff && bytes[1] === 0xfe
    ? "utf-16le"
    : "utf-8";
  const xml = new TextDecoder(label).decode(bytes);
  const found = new Map<string, string>();
  const add = (key: string, text: string) => {
    const value = unescapeXml(text.trim()).slice(0, MAX_TEXT);
    if (value === "" || /^(xmlns|xml|rdf|x):/.test(key) || (found.size >= MAX_ENTRIES && !found.has(key))) return;
    const before = found.get(key);
    if (before === undefined) found.set(key, value);
    else if (before !== value && before.length < MAX_TEXT) found.set(key, `${before}, ${value}`);
  };
  let property = "";
  for (const [, name = "", attributes = "", text = ""] of xml.matchAll(/<([\w:.-]{1,100})([^<>]*)>([^<]*)/g)) {
    if (!/^rdf:(li|Seq|Bag|Alt)$/.test(name)) property = name;
    if (name === "rdf:Description") {
      for (
        const [, key = "", double, single] of attributes.matchAll(
          /([\w.-]{1,50}:[\w.-]{1,50})\s*=\s*(?:"([^"]*)"|'([^']*)')/g,
        )
      ) {
        add(key, double ?? single ?? "");
      }
    }
    if (property.includes(":")) add(property, text);
  }
  return Object.fromEntries(found);
}

function unescapeXml(text: string): string {
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(?:#(\d{1,6})|#x([\da-fA-F]{1,5})|(lt|gt|quot|apos|amp));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = decimal !== undefined ? Number(decimal) : parseInt(hex, 16);
    return code > 0 ? String.fromCodePoint(code) : whole;
  });
}

/** The larger of the header's version and the catalog's, section 7.5.2. */
export function readVersion(document: PdfDocument): string {
  const catalog = dictOf(document.resolve(document.trailerValue("Root")));
  const later = nameOf(document.resolve(catalog?.get("Version")));
  return later !== undefined && /^\d\.\d$/.test(later) && later > document.header ? later : document.header;
}

/** Pages that the page tree counts; where there is no tree, the objects that are pages. */
export function countPages(document: PdfDocument): number {
  const catalog = dictOf(document.resolve(document.trailerValue("Root")));
  const count = numberOf(document.resolve(dictOf(document.resolve(catalog?.get("Pages")))?.get("Count")));
  if (count !== undefined && count >= 0) return count;
  const isPage = (dict: ReturnType<typeof dictOf>) => nameOf(document.resolve(dict?.get("Type"))) === "Page";
  return document.objects.filter((object) => document.object(object.num) === object && isPage(dictOf(object.value)))
    .length;
}
