/**
 * ZIP files whose members are not compressed: damage then reaches what is in them, and not only the decompressor.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { isZip, readZip, ZipMemberReader } from "../../plugins/lib/zip.ts";
import { concat } from "./concat.ts";

/** Bytes of the largest member that is kept: in a large one damage would seldom hit another. */
const MAX_MEMBER = 24 * 1024;

/** Bytes of all members together that are looked at. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The same archive with its smaller members stored; nothing if it is none, or one without such members. */
export function stored(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (!isZip(bytes)) return undefined;
  const reader = new ZipMemberReader(bytes, MAX_BYTES);
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const member of readZip(bytes, [])) {
    const content = member.encrypted ? undefined : reader.read(member).content;
    if (content === undefined || content.length > MAX_MEMBER) continue;
    const name = new TextEncoder().encode(member.name);
    const local = concat(header(0x04034b50, content, name), name, content); // APPNOTE.TXT 4.3.7
    locals.push(local);
    directory.push(header(0x02014b50, content, name, offset), name); // 4.3.12
    offset += local.length;
  }
  if (locals.length === 0) return undefined;
  const end = new DataView(new ArrayBuffer(22)); // 4.3.16
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, locals.length, true);
  end.setUint16(10, locals.length, true);
  end.setUint32(12, concat(...directory).length, true);
  end.setUint32(16, offset, true);
  return concat(...locals, ...directory, new Uint8Array(end.buffer));
}

/** A local header, or with an offset one of the directory: the same fields, two bytes further on. */
function header(signature: number, content: Uint8Array, name: Uint8Array, offset?: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(offset === undefined ? 30 : 46));
  const shift = offset === undefined ? 0 : 2;
  view.setUint32(0, signature, true);
  view.setUint16(4 + shift, 20, true); // version needed
  view.setUint32(14 + shift, crc32(content), true);
  view.setUint32(18 + shift, content.length, true);
  view.setUint32(22 + shift, content.length, true);
  view.setUint16(26 + shift, name.length, true);
  if (offset !== undefined) view.setUint32(42, offset, true);
  return new Uint8Array(view.buffer);
}
