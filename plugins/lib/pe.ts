/**
 * Reads Portable Executable files (Windows programs, libraries and drivers, UEFI programs), whatever state they are in.
 *
 * Everything is bounded: a table that lies about its length ends where the file does, at the first entry that can't be
 * one, or at a named limit; what could be read is returned, with a list of what was wrong. Work is linear in the size of
 * the file, apart from sorting its sections.
 *
 * Specification: Microsoft, "PE Format" (Portable Executable and Common Object File Format). Where it leaves open what a
 * malformed file means, pefile's reading is taken, so that import hashes agree.
 *
 * @example
 * ```ts
 * import { parsePe } from "./pe.ts";
 *
 * const pe = parsePe(Deno.readFileSync(new URL("./testdata/pe/LangDLL.dll", import.meta.url)));
 * console.log(pe?.sections.map((section) => section.name), pe?.imports.map(({ library }) => library));
 * ```
 *
 * @module
 */
import { readCertificates } from "./pe_certificates.ts";
import { readDebug } from "./pe_debug.ts";
import { readExports } from "./pe_exports.ts";
import { readPeHeaders } from "./pe_headers.ts";
import { PeImage } from "./pe_image.ts";
import { readDelayImports, readImports } from "./pe_imports.ts";
import { layoutOf, overlayOffset } from "./pe_layout.ts";
import { readResources } from "./pe_resources.ts";
import { readRichHeader } from "./pe_rich.ts";
import { readTls } from "./pe_tls.ts";
import type {
  DebugEntry,
  ImportedLibrary,
  PeCertificate,
  PeExports,
  PeHeaders,
  PeLayout,
  PeProblem,
  PeResource,
  RichHeader,
  TlsDirectory,
  VersionInfo,
} from "./pe_types.ts";
import { readVersionInfo } from "./pe_version.ts";

export { DIRECTORY, peSignature, readPeHeaders } from "./pe_headers.ts";
export { PeImage } from "./pe_image.ts";
export { imphashText } from "./pe_imports.ts";
export { layoutOf } from "./pe_layout.ts";
export { ordinalName } from "./pe_ordinals.ts";
export { resourceTypeName } from "./pe_resources.ts";
export type * from "./pe_types.ts";

/** A parsed file: {@linkcode PeHeaders} and everything that they lead to. */
export interface PeFile extends PeHeaders {
  /** Reads by RVA, for what is not listed here. */
  readonly image: PeImage;
  readonly layout: PeLayout;
  /** Where data begins that no header describes (certificates included); left out when there is none. */
  readonly overlayOffset?: number;
  /** Offset in the file of the entry point; left out when it has none, or not in the file. */
  readonly entryPointOffset?: number;
  readonly imports: readonly ImportedLibrary[];
  readonly delayImports: readonly ImportedLibrary[];
  readonly exports?: PeExports;
  readonly resources: readonly PeResource[];
  readonly versionInfo: readonly VersionInfo[];
  readonly debug: readonly DebugEntry[];
  readonly rich?: RichHeader;
  readonly tls?: TlsDirectory;
  readonly certificates: readonly PeCertificate[];
  /** What is wrong with the file, and what a limit cut off. */
  readonly problems: readonly PeProblem[];
}

/**
 * Reads a file.
 *
 * @param bytes The file; not copied, so it must not change while the result is in use.
 * @returns Nothing if it is not a PE file: it must begin with `MZ`, and have a signature and an optional header.
 */
export function parsePe(bytes: Uint8Array): PeFile | undefined {
  const found: PeProblem[] = [];
  const headers = readPeHeaders(bytes, found);
  if (headers === undefined) return undefined;
  const image = new PeImage(bytes, headers, found);
  const layout = layoutOf(headers, bytes);
  if (layout.truncated) image.report("section data goes past the end of the file", bytes.length);
  const { addressOfEntryPoint } = headers.optional;
  const entryPointOffset = addressOfEntryPoint > 0 ? image.offsetOf(addressOfEntryPoint) : undefined;
  const overlay = overlayOffset(image);
  const exports = readExports(image);
  const resources = readResources(image);
  const rich = readRichHeader(image.reader, headers.peOffset);
  const tls = readTls(image);
  const rest = {
    imports: readImports(image),
    delayImports: readDelayImports(image),
    versionInfo: readVersionInfo(image, resources),
    debug: readDebug(image),
    certificates: readCertificates(image),
  };
  return {
    ...headers,
    image,
    layout,
    ...(overlay !== undefined && { overlayOffset: overlay }),
    ...(entryPointOffset !== undefined && { entryPointOffset }),
    ...(exports && { exports }),
    resources,
    ...(rich && { rich }),
    ...(tls && { tls }),
    ...rest,
    problems: image.problems,
  };
}
