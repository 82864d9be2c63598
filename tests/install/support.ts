/**
 * What the tests of installing share: archives byte by byte, so that they can be wrong in every way, and a server.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import { StoqInstallError } from "../../core/errors.ts";
import { fromFileUrl } from "../support.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

/** A manifest and a module that make a plugin, by path. */
export const PLUGIN: Readonly<Record<string, string>> = {
  "shout.stoq": "[Core]\nName = shout\nModule = shout\n",
  "shout.ts": "export default class { scan() { return { results: {} }; } }\n",
};

/** Bytes of a text. */
export function bytes(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Texts by path, of files. */
export function texts(files: ReadonlyMap<string, Uint8Array>): Record<string, string> {
  return Object.fromEntries([...files].map(([path, content]) => [path, new TextDecoder().decode(content)]));
}

/** A header of a tar archive with its content. */
export interface TarEntry {
  readonly name?: string | Uint8Array;
  readonly content?: string | Uint8Array;
  /** Type flag; default a file. */
  readonly type?: string;
  /** Instead of the length of the content: a number, or the field's bytes. */
  readonly size?: number | Uint8Array;
  readonly link?: string;
  readonly prefix?: string;
  /** Magic and version. */
  readonly magic?: string;
  /** Added to the checksum. */
  readonly wrongSum?: number;
  /** Sum bytes as signed, as some old writers did. */
  readonly signedSum?: boolean;
}

/** A tar archive (POSIX.1, pax, "ustar Interchange Format"). @param end What follows the last entry. */
export function tar(entries: readonly TarEntry[], end: Uint8Array = new Uint8Array(1024)): Bytes {
  return new Uint8Array(Buffer.concat([...entries.map(tarEntry), end]));
}

/** {@linkcode tar}, compressed. */
export function tgz(entries: readonly TarEntry[], end?: Uint8Array): Bytes {
  return gzip(tar(entries, end));
}

/** Files in a .tar.gz, below a folder. */
export function tgzOf(files: Readonly<Record<string, string>>, folder = ""): Bytes {
  return tgz(Object.entries(files).map(([name, content]) => ({ name: folder + name, content })));
}

export function gzip(content: Uint8Array): Bytes {
  return new Uint8Array(gzipSync(content));
}

function tarEntry(entry: TarEntry): Buffer {
  const { name = "file", content = "", type = "0", link = "", prefix = "", magic = "ustar\x0000" } = entry;
  const data = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.set(Buffer.from(name).subarray(0, 100), 0);
  header.write("0000644\0" + "0000000\0" + "0000000\0", 100, "latin1");
  const size = entry.size ?? data.length;
  header.set(typeof size === "number" ? Buffer.from(size.toString(8).padStart(11, "0") + "\0") : size, 124);
  header.write("14540000000\0" + "        " + type, 136, "latin1");
  header.write(link, 157);
  header.write(magic, 257, "latin1");
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + (entry.signedSum && byte > 127 ? byte - 256 : byte), 0);
  header.write((sum + (entry.wrongSum ?? 0)).toString(8).padStart(6, "0") + "\0 ", 148, "latin1");
  return Buffer.concat([header, data, Buffer.alloc((512 - data.length % 512) % 512)]);
}

/** A pax header for the next entry. */
export function pax(records: Readonly<Record<string, string>>, type = "x"): TarEntry {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    let length = rest;
    while (length !== rest + String(length).length) length = rest + String(length).length;
    return `${length} ${key}=${value}\n`;
  });
  return { name: "PaxHeader", type, content: lines.join("") };
}

/** A member of {@linkcode zip}: what it has, and where its headers lie. */
export interface ZipEntry {
  readonly name: string | Uint8Array;
  readonly content?: string | Uint8Array;
  readonly deflate?: boolean;
  /** What stands in the archive, instead of the content as `deflate` says. */
  readonly raw?: Uint8Array;
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  readonly size?: number;
  readonly packed?: number;
  /** In the local header only. */
  readonly local?: { name?: string; method?: number; size?: number; packed?: number; crc?: number; flags?: number };
  /** Unix mode with file type, in the directory. */
  readonly mode?: number;
  readonly dosAttributes?: number;
  /** Where the directory says that the local header is. */
  readonly offset?: number;
  /** Write sizes after the data, not in the header; "bare": without their signature. */
  readonly streamed?: boolean | "bare";
  readonly extra?: Uint8Array;
  readonly localExtra?: Uint8Array;
  /** Only in the directory. */
  readonly noLocal?: boolean;
}

/** What the end of {@linkcode zip} says. */
export interface ZipEnd {
  readonly count?: number;
  readonly comment?: string | Uint8Array;
  readonly disk?: number;
  /** Added to the directory's offset. */
  readonly shift?: number;
  readonly zip64?: boolean;
}

/** A zip archive (APPNOTE.TXT 4.3). */
export function zip(entries: readonly ZipEntry[], end: ZipEnd = {}): Bytes {
  const parts: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  const put = (...buffers: Buffer[]) => {
    for (const buffer of buffers) offset += buffer.length;
    parts.push(...buffers);
  };
  for (const entry of entries) {
    const data = Buffer.from(entry.content ?? "");
    const raw = Buffer.from(entry.raw ?? (entry.deflate ? deflateRawSync(data) : data));
    const name = Buffer.from(entry.name);
    const at = offset;
    const fields = {
      flags: (entry.flags ?? 0) | (entry.streamed ? 8 : 0),
      method: entry.method ?? (entry.deflate ? 8 : 0),
      crc: entry.crc ?? crc32(data),
      packed: entry.packed ?? raw.length,
      size: entry.size ?? data.length,
    };
    const header = ({ flags, method, crc, packed, size }: typeof fields, name: Buffer, extra: Uint8Array) => {
      const buffer = Buffer.alloc(26);
      buffer.writeUInt16LE(20, 0);
      buffer.writeUInt16LE(flags, 2);
      buffer.writeUInt16LE(method, 4);
      buffer.writeUInt16LE(0x585d, 8);
      buffer.writeUInt32LE(crc, 10);
      buffer.writeUInt32LE(packed, 14);
      buffer.writeUInt32LE(size, 18);
      buffer.writeUInt16LE(name.length, 22);
      buffer.writeUInt16LE(extra.length, 24);
      return buffer;
    };
    if (!entry.noLocal) {
      const localName = Buffer.from(entry.local?.name ?? name);
      const extra = Buffer.from(entry.localExtra ?? []);
      const local = { ...fields, ...(entry.streamed && { crc: 0, packed: 0, size: 0 }), ...entry.local };
      put(Buffer.from("PK\x03\x04"), header(local, localName, extra), localName, extra, raw);
      if (entry.streamed) {
        const descriptor = Buffer.alloc(12);
        descriptor.writeUInt32LE(fields.crc, 0);
        descriptor.writeUInt32LE(fields.packed, 4);
        descriptor.writeUInt32LE(fields.size, 8);
        put(...(entry.streamed === "bare" ? [] : [Buffer.from("PK\x07\x08")]), descriptor);
      }
    }
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((entry.mode ?? 0) * 0x10000 + (entry.dosAttributes ?? 0)) >>> 0, 6);
    tail.writeUInt32LE(entry.offset ?? at, 10);
    const extra = Buffer.from(entry.extra ?? []);
    centrals.push(Buffer.from("PK\x01\x02"), Buffer.of(20, 3), header(fields, name, extra), tail, name, extra);
  }
  const directory = Buffer.concat(centrals);
  const start = offset + (end.shift ?? 0);
  const count = end.count ?? entries.length;
  put(directory);
  if (end.zip64) {
    const record = Buffer.alloc(56);
    record.write("PK\x06\x06", "latin1");
    record.writeBigUInt64LE(44n, 4);
    record.writeBigUInt64LE(BigInt(count), 24);
    record.writeBigUInt64LE(BigInt(count), 32);
    record.writeBigUInt64LE(BigInt(directory.length), 40);
    record.writeBigUInt64LE(BigInt(start), 48);
    const locator = Buffer.alloc(20);
    locator.write("PK\x06\x07", "latin1");
    locator.writeBigUInt64LE(BigInt(offset), 8);
    locator.writeUInt32LE(1, 16);
    put(record, locator);
  }
  const tail = Buffer.alloc(18);
  const comment = Buffer.from(end.comment ?? "");
  tail.writeUInt16LE(end.disk ?? 0, 0);
  tail.writeUInt16LE(end.zip64 ? 0xffff : count, 4);
  tail.writeUInt16LE(end.zip64 ? 0xffff : count, 6);
  tail.writeUInt32LE(end.zip64 ? 0xffffffff : directory.length, 8);
  tail.writeUInt32LE(end.zip64 ? 0xffffffff : start, 12);
  tail.writeUInt16LE(comment.length, 16);
  put(Buffer.from("PK\x05\x06"), tail, comment);
  return new Uint8Array(Buffer.concat(parts));
}

/** Files in a zip archive. */
export function zipOf(files: Readonly<Record<string, string>>): Bytes {
  return zip(Object.entries(files).map(([name, content]) => ({ name, content, deflate: true })));
}

/** The one line of an install error that something must end in. */
export async function refused(what: () => unknown): Promise<string> {
  try {
    await what();
  } catch (error) {
    assert.ok(
      error instanceof StoqInstallError,
      `not an install error: ${error instanceof Error ? error.stack : error}`,
    );
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(error.message, /[\x00-\x1f\x7f-\x9f]/, "one line, no control characters");
    return error.message;
  }
  assert.fail("nothing was refused");
}

/** Path of a file of the test authority, which signed the certificate of {@linkcode serve}. */
export function tlsFile(name: "ca.pem" | "server.pem" | "server.key"): string {
  return fromFileUrl(`../plugins/lib/testdata/tls/${name}`);
}

/** A server on https for one test. */
export interface Server extends AsyncDisposable {
  /** "https://localhost:PORT", without a path. */
  readonly base: string;
  /** Trusts it. */
  readonly client: Deno.HttpClient;
  /** Paths that were asked for. */
  readonly asked: string[];
}

/** Answers by path; what is not there is 404. A text or bytes are a file. */
export function serve(
  answers: Readonly<
    Record<string, string | Uint8Array<ArrayBuffer> | ((request: Request) => Response | Promise<Response>)>
  >,
): Server {
  const asked: string[] = [];
  const stopped = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(tlsFile("server.pem")),
    key: Deno.readTextFileSync(tlsFile("server.key")),
    signal: stopped.signal,
    onListen: () => {},
  }, async (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    const answer = answers[pathname];
    if (answer === undefined) return new Response("nothing here", { status: 404 });
    return typeof answer === "function" ? await answer(request) : new Response(answer);
  });
  const client = Deno.createHttpClient({ caCerts: [Deno.readTextFileSync(tlsFile("ca.pem"))] });
  return {
    base: `https://localhost:${server.addr.port}`,
    client,
    asked,
    async [Symbol.asyncDispose]() {
      client.close();
      stopped.abort();
      await server.finished;
    },
  };
}

/** A redirect. */
export function redirect(location: string, status = 302): () => Response {
  return () => new Response(null, { status, headers: { location } });
}
