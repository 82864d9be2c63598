/**
 * Files in a document: embedded files (ISO 32000-1 section 7.11.4) and XFA forms (section 12.7.8).
 *
 * @module
 */
import type { PdfDocument } from "./document.ts";
import { isoDate, textOf } from "./text.ts";
import { dictOf, nameOf, type PdfDict, PdfRef, PdfStream, type PdfValue } from "./values.ts";

/** Files that are extracted. */
const MAX_FILES = 1_000;
/** Parts of an XFA form; there are about ten. */
const MAX_XFA_PARTS = 1_000;
const MAX_XFA = 64 * 1024 * 1024;
const MAX_NAME = 1024;

/** An embedded file. */
export interface EmbeddedFile {
  readonly object: number;
  /** As the document says, `null` if nothing names it. */
  readonly name: string | null;
  readonly subtype?: string;
  readonly description?: string;
  readonly created?: string;
  readonly modified?: string;
  readonly content: Uint8Array;
}

/** Finds the streams that file specifications point to, then those that only say that they are files. */
export function findFiles(document: PdfDocument, errors: string[]): EmbeddedFile[] {
  const { resolve } = document;
  const files: EmbeddedFile[] = [];
  const seen = new Set<PdfStream>();
  const visited = new Set<PdfDict>();
  let unlisted = 0;
  const add = (stream: PdfStream, object: number, name: string | null, specification?: PdfDict) => {
    if (seen.has(stream)) return;
    seen.add(stream);
    if (files.length >= MAX_FILES) {
      unlisted++;
      return;
    }
    const { bytes, error, rest } = document.decode(stream);
    if (error !== undefined) errors.push(`embedded file ${JSON.stringify(name)}, object ${object}: ${error}`);
    if (rest !== undefined) {
      errors.push(`embedded file ${JSON.stringify(name)}, object ${object}: still encoded as ${rest}`);
    }
    const parameters = dictOf(resolve(stream.dict.get("Params")));
    const date = (key: string) => {
      const text = textOf(resolve(parameters?.get(key)), 64);
      return text === undefined ? undefined : isoDate(text);
    };
    const entry = {
      subtype: nameOf(resolve(stream.dict.get("Subtype"))),
      description: textOf(resolve(specification?.get("Desc")), MAX_NAME),
      created: date("CreationDate"),
      modified: date("ModDate"),
    };
    const known = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined && value !== ""));
    files.push({ object, name, ...known, content: bytes });
  };
  const visit = (num: number, value: PdfValue) => {
    if (Array.isArray(value)) {
      for (const item of value) visit(num, item);
      return;
    }
    const dict = dictOf(value);
    if (!dict) return;
    const embedded = resolve(dict.get("EF"));
    if (embedded instanceof Map && !visited.has(embedded)) {
      visited.add(embedded); // many may share it
      const key = ["UF", "F", "Unix", "DOS", "Mac"].find((candidate) =>
        textOf(resolve(dict.get(candidate)), 1) !== undefined
      );
      const name = key === undefined ? null : textOf(resolve(dict.get(key)), MAX_NAME) ?? null;
      for (const reference of embedded.values()) {
        for (const stream of document.versions(reference)) {
          if (stream instanceof PdfStream) add(stream, reference instanceof PdfRef ? reference.num : num, name, dict);
        }
      }
    }
    for (const item of dict.values()) visit(num, item);
  };
  for (const { num, value } of document.objects) visit(num, value);
  for (const { num, value } of document.objects) {
    if (value instanceof PdfStream && nameOf(resolve(value.dict.get("Type"))) === "EmbeddedFile") add(value, num, null);
  }
  if (unlisted > 0) errors.push(`${unlisted} embedded files after the first ${MAX_FILES} left out`);
  return files;
}

/** XFA forms, each put together from its parts: XDP. */
export function findForms(document: PdfDocument, errors: string[]): Uint8Array<ArrayBuffer>[] {
  const { resolve } = document;
  const forms: Uint8Array<ArrayBuffer>[] = [];
  const seen = new Set<PdfValue>();
  let room = MAX_XFA;
  const collect = (value: PdfValue) => {
    const items = Array.isArray(value) ? value.slice(0, MAX_XFA_PARTS) : [value];
    const parts: Uint8Array[] = [];
    for (const item of items) {
      const stream = resolve(item);
      if (!(stream instanceof PdfStream)) continue;
      const { bytes, error } = document.decode(stream);
      if (error !== undefined) errors.push(`XFA form, object ${stream.num}: ${error}`);
      if (bytes.length > room) {
        errors.push(`XFA form, object ${stream.num}: left out, more than ${MAX_XFA} bytes of forms`);
        continue;
      }
      room -= bytes.length;
      parts.push(bytes);
    }
    const form = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      form.set(part, at);
      at += part.length;
    }
    if (form.length > 0) forms.push(form);
  };
  const visit = (value: PdfValue) => {
    if (Array.isArray(value)) value.forEach(visit);
    const dict = dictOf(value);
    if (!dict) return;
    const form = resolve(dict.get("XFA"));
    if ((Array.isArray(form) || form instanceof PdfStream) && !seen.has(form) && forms.length < MAX_FILES) {
      seen.add(form);
      collect(form);
    }
    for (const item of dict.values()) visit(item);
  };
  for (const { value } of document.objects) visit(value);
  return forms;
}
