/**
 * A PDF document as far as it can be read: its objects, trailers and decoded streams.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type Decryptor, type Encryption, openEncryption } from "./crypt.ts";
import { decode, type Decoded } from "./filters.ts";
import { Keyword, newParseState, type ParseState, PdfParser } from "./parser.ts";
import { MAX_OBJECTS, ObjectScanner } from "./scan.ts";
import {
  bytesOf,
  nameOf,
  numberOf,
  type PdfDict,
  type PdfObject,
  PdfRef,
  PdfStream,
  PdfString,
  type PdfValue,
} from "./values.ts";
import { readXrefChain } from "./xref.ts";

/** Where readers look for the header. */
const HEADER_WINDOW = 1024;
/** Most bytes that one stream decodes to. */
const MAX_STREAM = 64 * 1024 * 1024;
/** Most bytes that all streams together decode to. */
const MAX_DECODED = 128 * 1024 * 1024;
/** Values that are kept: about 250 MB at worst. */
const MAX_VALUES = 8_000_000;
/** References to references that are followed. */
const MAX_REFERENCES = 32;
/** Strings that are decrypted, each with a key of its own. */
const MAX_DECRYPTED = 200_000;
/** Replaced versions of an object that are followed, the last ones. */
const MAX_VERSIONS = 100;
/** Trailers that are searched for. */
const MAX_TRAILERS = 1_000;
/** Decoding in vain costs time too: what one stream costs at least. */
const STREAM_COST = 256;

/** A document. */
export interface PdfDocument {
  /** `1.7` of `%PDF-1.7`, as it stands there. */
  readonly header: string;
  readonly headerOffset: number;
  /** All objects, also versions that were replaced, in the order of the file; those in object streams with their stream. */
  readonly objects: readonly PdfObject[];
  readonly trailers: readonly PdfDict[];
  readonly state: ParseState;
  readonly encryption: Encryption | null;
  /** Whether strings and streams can be read. */
  readonly readable: boolean;
  readonly counts: Readonly<Record<"xref_tables" | "xref_streams" | "object_streams" | "startxref", number>>;
  /** Bytes after the last `%%EOF`. */
  readonly trailing: number;
  readonly problems: string[];
  /** Follows references; what is not there is null. */
  resolve(value: PdfValue | undefined): PdfValue;
  /** The object that a number means now: the last in the file. */
  object(num: number): PdfObject | undefined;
  /** What a value means in every version of the document that the file still has. */
  versions(value: PdfValue | undefined): PdfValue[];
  /** Decodes a stream within the limits of the document. */
  decode(stream: PdfStream): Decoded;
  /** The first value of a key in the trailers, newest first. */
  trailerValue(key: string): PdfValue;
}

/** Reads a document, `undefined` if the bytes are none. */
export function readPdf(bytes: Uint8Array): PdfDocument | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = /%PDF-([\w.\-]{0,16})/.exec(text.toString("latin1", 0, HEADER_WINDOW + 24));
  if (!header) return undefined;
  const state = newParseState(MAX_VALUES);
  const scanner = new ObjectScanner(bytes, state);
  scanner.scan();
  const { problems } = scanner;
  const current = new Map<number, PdfObject>();
  const index = () => {
    current.clear();
    for (const object of scanner.objects) current.set(object.num, object);
  };
  index();

  const resolve = (value: PdfValue | undefined): PdfValue => {
    let result = value ?? null;
    for (let i = 0; result instanceof PdfRef; i++) {
      if (i === MAX_REFERENCES) return null;
      result = current.get(result.num)?.value ?? null;
    }
    return result;
  };
  let decryptor: Decryptor | undefined;
  let decodable = MAX_DECODED;
  const decoded = new Map<PdfStream, Decoded>();
  const decodeStream = (stream: PdfStream): Decoded => {
    const known = decoded.get(stream);
    if (known) return known;
    if (decodable <= 0) {
      return { bytes: new Uint8Array(), error: `left out: more than ${MAX_DECODED} bytes in all streams` };
    }
    const type = nameOf(stream.dict.get("Type"));
    const encrypted = decryptor && stream.num >= 0 && type !== "XRef" && (type !== "Metadata" || decryptor.metadata);
    const raw = encrypted ? decryptor!.stream(stream.raw, stream.num, stream.gen) : stream.raw;
    const result = decode(raw, stream.dict, resolve, Math.min(MAX_STREAM, decodable));
    decodable -= (result.work ?? 0) + STREAM_COST;
    decoded.set(stream, result);
    return result;
  };

  const chain = readXrefChain(bytes, scanner, header.index, (stream) => decodeStream(stream).bytes);
  problems.push(...chain.problems);
  const known = new Set(scanner.objects.map((object) => object.offset));
  const inside = [...chain.offsets].filter((offset) => !known.has(offset));
  const hidden = inside.map((offset) => scanner.addAt(offset)).filter((object) => object !== undefined);
  if (hidden.length > 0) {
    const first = hidden[0]!;
    problems.push(
      `${hidden.length} objects lie inside others, the first is ${first.num} ${first.gen} at offset ${first.offset}`,
    );
  }
  index();

  const trailers = [...chain.trailers];
  for (const at of scanner.find("trailer", MAX_TRAILERS).reverse()) {
    const parser = scanner.parserAt(at + 7);
    const dict = parser.read();
    scanner.charge(parser, at);
    if (dict instanceof Map) trailers.push(dict);
    if (scanner.stopped) break;
  }
  for (const { value } of [...scanner.objects].reverse()) {
    if (value instanceof PdfStream && nameOf(value.dict.get("Type")) === "XRef") trailers.push(value.dict);
  }
  const trailerValue = (key: string) => trailers.find((trailer) => trailer.has(key))?.get(key) ?? null;

  // Encryption comes first: object streams are encrypted as a whole.
  let encryption: Encryption | null = null;
  const encrypt = trailerValue("Encrypt");
  const encryptDict = resolve(encrypt);
  if (encryptDict instanceof Map) {
    const id = resolve(trailerValue("ID"));
    const first = Array.isArray(id) ? resolve(id[0]) : null;
    const opened = openEncryption(encryptDict, bytesOf(first instanceof PdfString ? first.bytes : ""), resolve);
    encryption = opened.encryption;
    decryptor = opened.decryptor;
    if (decryptor) decryptStrings(scanner.objects, encryptDict, decryptor, problems);
    else problems.push("encrypted, and the empty password doesn't open it: strings and streams not read");
  }
  const readable = encryption === null || encryption.opened;

  const all: PdfObject[] = [];
  let objectStreams = 0;
  for (const object of scanner.objects) {
    all.push(object);
    const { value } = object;
    if (!(value instanceof PdfStream) || nameOf(resolve(value.dict.get("Type"))) !== "ObjStm") continue;
    objectStreams++;
    if (readable) readObjectStream(object, value, decodeStream(value), state, resolve, all, problems);
  }
  current.clear();
  const replaced = new Map<number, PdfObject[]>();
  for (const object of all) {
    const before = current.get(object.num);
    if (before) replaced.set(object.num, [...replaced.get(object.num)?.slice(-MAX_VERSIONS) ?? [], before]);
    current.set(object.num, object);
  }
  const versions = (value: PdfValue | undefined): PdfValue[] => {
    const old = value instanceof PdfRef ? replaced.get(value.num) ?? [] : [];
    return [resolve(value), ...old.map((object) => resolve(object.value))];
  };

  const eof = text.lastIndexOf("%%EOF");
  const trailing = eof < 0
    ? 0
    : text.subarray(eof + 5).length - (/^[\r\n]{0,2}/.exec(text.toString("latin1", eof + 5, eof + 7))![0].length);
  return {
    header: header[1]!,
    headerOffset: header.index,
    objects: all,
    trailers,
    state,
    encryption,
    readable,
    counts: {
      xref_tables: scanner.find("xref", MAX_OBJECTS).filter((at) => bytes[at - 1] !== 0x74).length, // not "startxref"
      xref_streams:
        all.filter(({ value }) => value instanceof PdfStream && nameOf(value.dict.get("Type")) === "XRef").length,
      object_streams: objectStreams,
      startxref: scanner.find("startxref", MAX_OBJECTS).length,
    },
    trailing,
    problems,
    resolve,
    object: (num) => current.get(num),
    versions,
    decode: decodeStream,
    trailerValue,
  };
}

/** Section 7.5.7. */
function readObjectStream(
  { num, offset }: PdfObject,
  stream: PdfStream,
  { bytes, error }: Decoded,
  state: ParseState,
  resolve: (value: PdfValue | undefined) => PdfValue,
  objects: PdfObject[],
  problems: string[],
): void {
  if (error !== undefined) problems.push(`object stream ${num} at offset ${offset}: ${error}`);
  const first = numberOf(resolve(stream.dict.get("First"))) ?? 0;
  const count = numberOf(resolve(stream.dict.get("N"))) ?? 0;
  // The header has names of its own in no document: a state apart keeps it from counting.
  const header = new PdfParser(bytes.subarray(0, Math.max(0, first)), 0, { ...newParseState(2 * MAX_OBJECTS) });
  let budget = 4 * bytes.length;
  for (let i = 0; i < count; i++) {
    const [member, at] = [header.read(), header.read()];
    if (typeof member !== "number" || typeof at !== "number" || objects.length >= MAX_OBJECTS || budget <= 0) {
      problems.push(`object stream ${num} at offset ${offset}: ${i} of ${count} objects read`);
      return;
    }
    const parser = new PdfParser(bytes, Math.max(0, first + at), state);
    const value = parser.read();
    budget -= Math.max(parser.at, parser.reach) - first - at;
    const plain = value === undefined || value instanceof Keyword ? null : value;
    objects.push({ num: member, gen: 0, offset, container: num, value: plain });
  }
}

/** Replaces strings by what they say; those in object streams are not encrypted by themselves. */
function decryptStrings(
  objects: readonly PdfObject[],
  except: PdfDict,
  decryptor: Decryptor,
  problems: string[],
): void {
  let room = MAX_DECRYPTED;
  const visit = (value: PdfValue, num: number, gen: number): PdfValue => {
    if (value instanceof PdfString) {
      if (room-- <= 0) return new PdfString("");
      return new PdfString(Buffer.from(decryptor.string(bytesOf(value.bytes), num, gen)).toString("latin1"));
    }
    if (Array.isArray(value)) value.forEach((item, i) => value[i] = visit(item, num, gen));
    else if (value instanceof PdfStream) {
      if (nameOf(value.dict.get("Type")) !== "XRef") visit(value.dict, num, gen);
    } else if (value instanceof Map && value !== except) {
      for (const [key, item] of value) value.set(key, visit(item, num, gen));
    }
    return value;
  };
  for (const object of objects) object.value = visit(object.value, object.num, object.gen);
  if (room < 0) problems.push(`strings after the first ${MAX_DECRYPTED} not decrypted`);
}
