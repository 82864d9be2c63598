/**
 * Signatures at known offsets. What needs more than comparing a few bytes is in the files beside this one.
 *
 * @module
 */
import type { FileType } from "./routes.ts";

/** Stands for any byte in a signature: no byte has this code. */
const ANY = "\u0100";
const ANY4 = ANY.repeat(4);

/** Bytes (as Latin-1 text) that a format has at an offset; a negative one counts from the end. */
export interface Signature {
  readonly type: FileType;
  readonly name: string;
  readonly offset: number;
  readonly bytes: string;
}

const at = (type: FileType, name: string, bytes: string, offset = 0): Signature => ({ type, name, offset, bytes });

/** Archives that also stand behind the program that unpacks them. */
export const ARCHIVES: readonly Signature[] = [
  at("archive", "7z", "7z\xbc\xaf\x27\x1c"), // 7zFormat.txt, "Signature Header"
  at("archive", "RAR", "Rar!\x1a\x07"), // technote.txt of unrar
  at("archive", "cabinet", "MSCF\0\0\0\0"), // [MS-CAB] 2.1
  at("archive", "NSIS", "\xef\xbe\xad\xdeNullsoftInst", 4), // NSIS Source/exehead/fileform.h, firstheader
];

/** All other signatures. */
export const SIGNATURES: readonly Signature[] = [
  ...ARCHIVES,
  at("archive", "gzip", "\x1f\x8b\x08"), // RFC 1952, 2.3.1
  at("archive", "bzip2", `BZh${ANY}1AY&SY`),
  at("archive", "xz", "\xfd7zXZ\0"), // The .xz File Format, 2.1.1.1
  at("archive", "Zstandard", "\x28\xb5\x2f\xfd"), // RFC 8878, 3.1.1
  at("archive", "lzip", "LZIP\x01"),
  at("archive", "compress", "\x1f\x9d"),
  at("archive", "LZMA", "\x5d\0\0"), // lzma.txt: default properties, dictionary of 64 KiB or more
  at("archive", "ARJ", "\x60\xea"),
  at("archive", "LHA", `-lh${ANY}-`, 2),
  at("archive", "SZDD", "SZDD\x88\xf0\x27\x33"),
  at("archive", "ar", "!<arch>\n"),
  at("archive", "RPM", "\xed\xab\xee\xdb"),
  at("archive", "tar", "ustar", 257), // POSIX.1-2017 pax, ustar Interchange Format
  at("archive", "cpio", "070701"),
  at("archive", "cpio", "070702"),
  at("archive", "cpio", "070707"),
  at("archive", "cpio", "\xc7\x71"),
  at("archive", "cpio", "\x71\xc7"),
  at("archive", "xar", "xar!"),
  at("archive", "CHM", "ITSF"),
  at("archive", "WIM", "MSWIM\0\0\0"),
  at("archive", "SquashFS", "hsqs"),
  at("archive", "QCOW", "QFI\xfb"),
  at("archive", "VMDK", "KDMV"),
  at("archive", "VHDX", "vhdxfile"),
  at("archive", "VHD", "conectix", -512),
  at("archive", "Apple disk image", "koly", -512),
  at("archive", "ISO 9660", "CD001", 0x8001), // ECMA-119, 8.1
  at("archive", "UDF", "BEA01", 0x8001), // ECMA-167, 2/9.1
  at("elf", "ELF", "\x7fELF"),
  at("macho", "Mach-O", "\xfe\xed\xfa\xce"),
  at("macho", "Mach-O", "\xfe\xed\xfa\xcf"),
  at("macho", "Mach-O", "\xce\xfa\xed\xfe"),
  at("macho", "Mach-O", "\xcf\xfa\xed\xfe"),
  at("macho", "Mach-O universal", "\xca\xfe\xba\xbf"),
  at("shortcut", "shell link", "\x4c\0\0\0\x01\x14\x02\0"), // [MS-SHLLINK] 2.1
  at("onenote", "OneNote", "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"), // [MS-ONESTORE] 2.3.1
  at("rtf", "RTF", "{\\rt"), // Word opens what begins so, whatever the version
  at("tnef", "TNEF", "\x78\x9f\x3e\x22"), // [MS-OXTNEF] 2.1.3.1
  at("image", "JPEG", "\xff\xd8\xff"),
  at("image", "PNG", "\x89PNG\r\n\x1a\n"),
  at("image", "GIF", "GIF8"),
  at("image", "TIFF", "II*\0"),
  at("image", "TIFF", "MM\0*"),
  at("image", "BigTIFF", "II+\0"),
  at("image", "Photoshop", "8BPS"),
  at("image", "WebP", `RIFF${ANY4}WEBP`),
  at("image", "BMP", `BM${ANY4}\0\0\0\0`), // bfReserved1 and 2 are zero
  at("image", "icon", `\0\0\x01\0${ANY}\0`),
  at("image", "JPEG 2000", "\0\0\0\x0cjP  \r\n\x87\n"),
  at("image", "JPEG XL", "\0\0\0\x0cJXL \r\n\x87\n"),
  at("image", "EMF", " EMF", 40),
  at("image", "WMF", "\xd7\xcd\xc6\x9a"),
  at("image", "DjVu", "AT&TFORM"),
  at("image", "OpenEXR", "\x76\x2f\x31\x01"),
  at("image", "PostScript", "%!PS"),
  at("audio", "MPEG audio, ID3", "ID3"),
  at("audio", "MPEG audio", "\xff\xfb"), // ISO/IEC 11172-3, 2.4.1.3: syncword, layer III
  at("audio", "MPEG audio", "\xff\xfa"),
  at("audio", "MPEG audio", "\xff\xf3"),
  at("audio", "MPEG audio", "\xff\xf2"),
  at("audio", "FLAC", "fLaC"),
  at("audio", "Ogg", "OggS"),
  at("audio", "WAVE", `RIFF${ANY4}WAVE`),
  at("audio", "AIFF", `FORM${ANY4}AIF`),
  at("audio", "MIDI", "MThd"),
  at("audio", "AMR", "#!AMR"),
  at("video", "ISO media", "ftyp", 4), // ISO/IEC 14496-12, 4.3: also HEIC, AVIF and audio
  at("video", "AVI", `RIFF${ANY4}AVI `),
  at("video", "Matroska", "\x1a\x45\xdf\xa3"),
  at("video", "Flash video", "FLV\x01"),
  at("video", "ASF", "\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
  at("video", "MPEG", "\0\0\x01\xba"),
  at("video", "MPEG", "\0\0\x01\xb3"),
];

/** Whether the signature's bytes are there, `base` being the offset of the format's first byte. */
export function hasSignature(bytes: Uint8Array, signature: Signature, base = 0): boolean {
  const start = signature.offset < 0 ? bytes.length + signature.offset : base + signature.offset;
  if (start < 0 || start + signature.bytes.length > bytes.length) return false;
  for (let i = 0; i < signature.bytes.length; i++) {
    if (signature.bytes[i] !== ANY && bytes[start + i] !== signature.bytes.charCodeAt(i)) return false;
  }
  return true;
}
