/**
 * Which of the types that 7-Zip opens are archives for us, and how an archive is told when 7-Zip can't open it.
 *
 * @module
 */
import { ByteReader } from "../lib/bytes.ts";

/**
 * 7-Zip's names of the formats whose members are extracted. It opens more: executables (PE, ELF, Mach-O: their sections), OLE
 * compound files (their streams), Flash, firmware, Base64 and hexadecimal text. Those belong to other plugins or are no archives.
 */
const ARCHIVES: ReadonlySet<string> = new Set(
  ("7z apfs apm ar arj bzip2 cab chm cpio cramfs dmg ext fat gpt gzip hfs hxs iso lzh lzma lzma86 mbr mslz nsis ntfs " +
    "ppmd qcow rar rar5 rpm squashfs tar udf vdi vhd vhdx vmdk wim xar xz z zip zstd").split(" "),
);

/** Formats that hold one stream; if at all its name stands in their header. */
const STREAMS: ReadonlySet<string> = new Set("bzip2 gzip lzma lzma86 mslz ppmd xz z zstd".split(" "));

/**
 * Formats with one payload in a container of no interest: 7-Zip opens both at once. Elsewhere it must not: of a Debian package it
 * would show the inside of `data.tar` and hide `control.tar`.
 */
const WRAPPERS: ReadonlySet<string> = new Set("dmg gpt mbr qcow rpm vdi vhd vhdx vmdk".split(" "));

/** Formats with so weak a signature that random bytes have it. */
const WEAK: ReadonlySet<string> = new Set("arj lzh lzma lzma86 mbr ppmd z".split(" "));

/** Whether the members of this type are extracted. */
export const isArchive = (type: string): boolean => ARCHIVES.has(type);

/** Whether this type holds one stream. */
export const isStream = (type: string): boolean => STREAMS.has(type);

/** Whether 7-Zip may open what is inside this type at once. */
export const isWrapper = (type: string): boolean => WRAPPERS.has(type);

/** Whether this type is only believed once something came out. */
export const isWeak = (type: string): boolean => WEAK.has(type);

/** Signatures strong enough to call a file that cannot be opened a damaged archive: offset, bytes in hexadecimal, type. */
const SIGNATURES: readonly (readonly [offset: number, bytes: string, type: string])[] = [
  [0, "504b0304", "zip"], // APPNOTE.TXT 4.3.7
  [0, "377abcaf271c", "7z"], // 7zFormat.txt, SignatureHeader
  [0, "526172211a0700", "rar"], // technote.txt of RAR 4
  [0, "526172211a070100", "rar5"], // RAR 5.0 archive format, "RAR 5.0 signature"
  [0, "1f8b08", "gzip"], // RFC 1952, 2.3.1
  [0, "fd377a585a00", "xz"], // The .xz file format, 2.1.1.1
  [0, "28b52ffd", "zstd"], // RFC 8878, 3.1.1
  [0, "4d534346", "cab"], // MS-CAB, 2.1
  [0, "edabeedb", "rpm"], // RPM package format, "Lead"
  [0, "4d5357494d000000", "wim"], // Windows Imaging File Format, "Header"
  [0, "213c617263683e0a", "ar"], // ar(5)
  [0, "4954534603000000", "chm"], // Microsoft's HTML Help (.chm) format, "The Header"
  [4, "314159265359", "bzip2"], // bzip2 format specification, 2.2.3, after "BZh" and the level
  [257, "7573746172", "tar"], // POSIX.1, pax, "ustar Interchange Format"
  [32769, "4344303031", "iso"], // ECMA-119, 8.1.2
];

/** The type of a file by its signature alone. */
export function signatureOf(content: Uint8Array): string | undefined {
  const reader = new ByteReader(content);
  const found = SIGNATURES.find(([offset, hex]) => {
    const bytes = reader.slice(offset, hex.length / 2);
    return bytes !== undefined &&
      bytes.every((byte, index) => byte === parseInt(hex.slice(2 * index, 2 * index + 2), 16));
  });
  return found?.[2];
}

/** Formats whose members are packed one by one: leaving one out costs nothing. Elsewhere it has to be unpacked all the same. */
const INDEPENDENT: ReadonlySet<string> = new Set("apfs ar cpio ext fat hfs iso ntfs squashfs tar udf zip".split(" "));

/** Whether members can be left out at no cost. */
export const hasIndependentMembers = (type: string): boolean => INDEPENDENT.has(type);

/**
 * Whether an ISO 9660 image has a UDF file system as well (ECMA-167, 2/9.1: a volume structure descriptor `NSR02` or `NSR03` in
 * one of the sectors from 16 on). That is the one that Windows shows; the other may hold short names, or other files.
 */
export function hasUdf(content: Uint8Array): boolean {
  const reader = new ByteReader(content);
  const sectors = Array.from({ length: 16 }, (_, index) => 2048 * (16 + index) + 1);
  return sectors.some((offset) => /^NSR0[23]/.test(reader.latin1z(offset, 5) ?? ""));
}
