/**
 * Thread-local storage directory of a Portable Executable file: its callbacks run before the entry point.
 *
 * @module
 */
import type { PeImage } from "./pe_image.ts";
import type { TlsDirectory } from "./pe_types.ts";

/** Most callbacks read: programs have one or two. */
const MAX_CALLBACKS = 256;

/** Reads the TLS directory. "PE Format", The .tls Section: The TLS Directory, TLS Callback Functions. */
export function readTls(image: PeImage): TlsDirectory | undefined {
  const directory = image.directory("tls");
  if (directory === undefined) return undefined;
  const rva = directory.virtualAddress;
  const { isPe32Plus, optional: { imageBase } } = image.headers;
  const width = isPe32Plus ? 8 : 4;
  const address = (at: number) => {
    if (isPe32Plus) return image.u64(at);
    const value = image.u32(at);
    return value === undefined ? undefined : BigInt(value);
  };
  const [start, end, index, table] = [0, 1, 2, 3].map((field) => address(rva + field * width));
  const sizeOfZeroFill = image.u32(rva + 4 * width);
  const characteristics = image.u32(rva + 4 * width + 4);
  if (
    start === undefined || end === undefined || index === undefined || table === undefined ||
    sizeOfZeroFill === undefined || characteristics === undefined
  ) {
    image.report("TLS directory is outside the file", image.offsetOf(rva) ?? 0);
    return undefined;
  }
  const callbacks: bigint[] = [];
  const tableRva = Number(table - imageBase);
  for (let i = 0; table > 0n && tableRva >= 0; i++) {
    const callback = address(tableRva + i * width);
    if (!callback) break;
    if (i === MAX_CALLBACKS) {
      image.report(`more than ${MAX_CALLBACKS} TLS callbacks, the rest was left out`, image.offsetOf(tableRva) ?? 0);
      break;
    }
    callbacks.push(callback);
  }
  return {
    startAddressOfRawData: start,
    endAddressOfRawData: end,
    addressOfIndex: index,
    addressOfCallBacks: table,
    sizeOfZeroFill,
    characteristics,
    callbacks,
  };
}
