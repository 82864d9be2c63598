import { Buffer } from "node:buffer";
import type { ExtractedPayload, Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { findElements } from "./elements.ts";

/** What the text is looked at for, before it is decoded whole. */
const WINDOW = 4096;
/** Base64 with white space in it, RFC 4648 section 4; padding may be missing. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Carves elements out of XDP documents, by default `chunk`, which holds a PDF document in base64. */
export default class XdpCarve implements WorkerPlugin {
  readonly #elements: string[];

  constructor(context: PluginContext) {
    this.#elements = context.options.getList("elements", ["chunk"]);
  }

  scan(payload: Payload): WorkerResponse | undefined {
    const xml = decode(payload.content);
    if (xml === undefined) return undefined;
    const { elements, isXml, leftOut } = findElements(xml, this.#elements);
    if (!isXml) return undefined;
    const errors: string[] = [];
    const extracted: ExtractedPayload[] = [];
    for (const { name, text, attributes, open } of elements) {
      if (open) errors.push(`element ${JSON.stringify(name)} has no end: taken up to the end of the document`);
      const content = contentOf(text);
      if (content.length === 0) continue;
      extracted.push({ content, payloadMeta: { extraData: { element_name: name, ...named(attributes) } } });
    }
    if (leftOut > 0) errors.push(`${leftOut} elements left out: too many, or too deep inside each other`);
    if (extracted.length === 0 && errors.length === 0) return undefined;
    return { extracted, errors };
  }
}

/** Text of a document, `undefined` if it is none. XML begins with `<`, after a mark of its byte order and white space. */
function decode(bytes: Uint8Array): string | undefined {
  const label = bytes[0] === 0xff && bytes[1] === 0xfe
    ? "utf-16le"
    : bytes[0] === 0xfe && bytes[1] === 0xff
    ? "utf-16be"
    : "utf-8";
  const start = new TextDecoder(label).decode(bytes.subarray(0, WINDOW)).trimStart();
  return start.startsWith("<") ? new TextDecoder(label).decode(bytes) : undefined;
}

/** Decoded where the text is base64, else the text itself without white space at its end. */
function contentOf(text: string): Uint8Array<ArrayBuffer> {
  const packed = text.replace(/\s+/g, "");
  if (packed.length > 0 && packed.length % 4 !== 1 && BASE64.test(packed)) {
    return Uint8Array.from(Buffer.from(packed, "base64"));
  }
  return new TextEncoder().encode(text.trimEnd());
}

/** The name that an attribute gives. */
function named(attributes: Readonly<Record<string, string>>): { filename?: string } {
  const name = ["name", "fileName", "filename"].map((key) => attributes[key]).find((value) => value !== undefined);
  const filename = name?.replaceAll("\\", "/").split("/").at(-1);
  return filename === undefined || filename === "" ? {} : { filename };
}
