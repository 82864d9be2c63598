import { firstErrors } from "../lib/error_list.ts";
import type { ExtractedPayload, Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { findActions, type Script } from "./actions.ts";
import { type PdfDocument, readPdf } from "./document.ts";
import { type EmbeddedFile, findFiles, findForms } from "./files.ts";
import { countNames, countPages, readInformation, readVersion, readXmp } from "./metadata.ts";
import { findUnknownStreams } from "./streams.ts";
import { dictOf, type PdfObject, PdfStream, PdfString } from "./values.ts";

/** Trailers of a linearized file: the first is of its first page and no update, Annex F. */
const LINEARIZED_TRAILERS = 2;
const MAX_ID = 64;

/** Says what a PDF document holds and does, and extracts its scripts, embedded files and forms. */
export default class Pdf implements WorkerPlugin {
  readonly #extractStreams: boolean;

  constructor(context: PluginContext) {
    this.#extractStreams = context.options.getBoolean("extract_streams", false);
  }

  scan(payload: Payload): WorkerResponse | undefined {
    const document = readPdf(payload.content);
    if (!document) return undefined;
    const errors = [...document.problems];
    const { actions, triggers, scripts, links, problems } = findActions(document);
    const files = document.readable ? findFiles(document, errors) : [];
    const forms = document.readable ? findForms(document, errors) : [];
    const streams = document.readable && this.#extractStreams ? findUnknownStreams(document, errors) : [];
    errors.push(...problems);
    for (const { object, error } of scripts) if (error !== undefined) errors.push(`script, object ${object}: ${error}`);
    const { keywords, obfuscated } = countNames(document);
    const results = {
      version: readVersion(document),
      pages: countPages(document),
      encrypted: document.encryption !== null,
      ...(document.encryption !== null && { encryption: document.encryption }),
      linearized: isLinearized(document),
      structure: structureOf(document),
      metadata: readInformation(document),
      xmp: document.readable ? readXmp(document) : {},
      id: idOf(document),
      keywords,
      ...(Object.keys(obfuscated).length > 0 && { obfuscated_names: obfuscated }),
      triggers,
      actions: document.readable ? actions : actions.map(({ object, type }) => ({ object, type })),
      javascript: document.readable
        ? scripts.map(({ object, name, text }) => ({ object, name, size: encode(text).length }))
        : [],
      embedded_files: files.map(({ content, ...file }) => ({ ...file, size: content.length })),
      xfa_forms: forms.length,
      links: document.readable ? links : [],
    };
    const extracted = [
      ...(document.readable ? scripts.map(scriptPayload) : []),
      ...files.map(filePayload),
      ...forms.map((content, i) => named(content, i === 0 ? "xfa.xdp" : `xfa_${i + 1}.xdp`)),
      ...streams.map(({ object, content }) => named(content.slice(), `stream_${object}`, { object })),
    ].filter(({ content }) => content.length > 0);
    return { results, extracted, errors: firstErrors(errors) };
  }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function named(content: Uint8Array, filename: string, more: Record<string, unknown> = {}): ExtractedPayload {
  return { content, payloadMeta: { extraData: { filename, ...more } } };
}

function scriptPayload({ object, name, text }: Script): ExtractedPayload {
  return named(encode(text), `script_${object}.js`, { object, ...(name !== null && { name }) });
}

function filePayload({ object, name, content }: EmbeddedFile): ExtractedPayload {
  const path = (name ?? "").replaceAll("\\", "/");
  const filename = path.split("/").at(-1) || `embedded_${object}`;
  return named(content.slice(), filename, { ...(path.includes("/") && { path }), object });
}

function isLinearized({ objects }: PdfDocument): boolean {
  return dictOf(objects[0]?.value)?.has("Linearized") ?? false;
}

function structureOf(document: PdfDocument) {
  const { objects, counts, headerOffset, trailing } = document;
  const current = objects.filter((object: PdfObject) => document.object(object.num) === object);
  const sections = counts.xref_tables + counts.xref_streams;
  return {
    objects: current.length,
    replaced_objects: objects.length - current.length,
    streams: objects.filter(({ value }) => value instanceof PdfStream).length,
    ...counts,
    updates: Math.max(0, Math.max(sections, counts.startxref) - (isLinearized(document) ? LINEARIZED_TRAILERS : 1)),
    header_offset: headerOffset,
    trailing_bytes: trailing,
  };
}

/** Both parts of the file's identifier, section 14.4. */
function idOf(document: PdfDocument): string[] {
  const id = document.resolve(document.trailerValue("ID"));
  if (!Array.isArray(id)) return [];
  return id.slice(0, 2).map((part) => document.resolve(part)).filter((part) => part instanceof PdfString)
    .map((part) =>
      [...part.bytes.slice(0, MAX_ID)].map((char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("")
    );
}
