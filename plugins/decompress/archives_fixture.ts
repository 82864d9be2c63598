/** Archives that no tool would write, for tests: stored zip members and tar headers, byte by byte. */
import { Buffer } from "node:buffer";
import { crc32, deflateRawSync } from "node:zlib";

/** A member of {@linkcode zip}. */
export interface ZipInput {
  name: string;
  content: Uint8Array | string;
  deflate?: boolean;
  /** Size that the headers claim. */
  claims?: number;
  /** Unix mode with file type, as in a symbolic link (0o120777). */
  mode?: number;
}

/** A zip archive (APPNOTE.TXT 4.3). */
export function zip(members: readonly ZipInput[], comment = ""): Uint8Array<ArrayBuffer> {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, content, deflate = false, claims, mode } of members) {
    const data = Buffer.from(content);
    const packed = deflate ? deflateRawSync(data) : data;
    const path = Buffer.from(name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800, 2); // UTF-8 names
    fields.writeUInt16LE(deflate ? 8 : 0, 4);
    fields.writeUInt16LE(0x585d, 8); // 2024-02-29, 4.4.6
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(claims ?? data.length, 18);
    fields.writeUInt16LE(path.length, 22);
    locals.push(Buffer.from("PK\x03\x04"), fields, path, packed);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode ?? 0) * 0x10000, 6);
    tail.writeUInt32LE(offset, 10);
    centrals.push(Buffer.from("PK\x01\x02"), Buffer.of(20, mode === undefined ? 0 : 3), fields, tail, path);
    offset += 30 + path.length + packed.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(members.length, 4);
  end.writeUInt16LE(members.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  end.writeUInt16LE(Buffer.byteLength(comment), 16);
  return new Uint8Array(Buffer.concat([...locals, directory, Buffer.from("PK\x05\x06"), end, Buffer.from(comment)]));
}

/** A tar archive of plain files (POSIX.1, pax, "ustar Interchange Format"). */
export function tar(members: readonly (readonly [name: string, content: string])[]): Uint8Array<ArrayBuffer> {
  const blocks: Buffer[] = [];
  for (const [name, content] of members) {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write("0000644\0" + "0000000\0" + "0000000\0", 100);
    header.write(content.length.toString(8).padStart(11, "0") + "\0" + "14540000000\0" + "        0", 124);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(sum.toString(8).padStart(6, "0") + "\0 ", 148);
    blocks.push(header, Buffer.from(content), Buffer.alloc((512 - content.length % 512) % 512));
  }
  return new Uint8Array(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}
