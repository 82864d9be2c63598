/**
 * libmagic, compiled to WebAssembly (npm `wasmagic`), with its database loaded once.
 *
 * @module
 */
import wrapper from "wasmagic/dist/libmagic-wrapper.js";

/** `MAGIC_MIME_TYPE` of `magic.h`: give the MIME type, without the character set. */
const MAGIC_MIME_TYPE = 0x10;

/** Where the WebAssembly module keeps its compiled database, in its own file system in memory. */
const DATABASE = { folder: "/magic", file: "magic.mgc" } as const;

/** What this file uses of the Emscripten module; the package's own types need globals that it does not bring. */
interface Libmagic {
  HEAPU8: Uint8Array;
  FS: { chdir(path: string): void; unlink(path: string): void };
  printOverride: (stream: "stdout" | "stderr", text: string) => void;
  _malloc(size: number): number;
  _free(pointer: number): void;
  ccall(name: "magic_wrapper_load", returns: "string", types: ["number", "string"], values: [number, string]): string;
  ccall(name: "magic_wrapper_detect", returns: "string", types: ["number", "number"], values: [number, number]): string;
}

/** What the Emscripten module is started with. */
interface Start {
  instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): WebAssembly.Exports;
}

const start: (options: Start) => Promise<Libmagic> = wrapper.default;

/**
 * Starts libmagic and loads its database.
 *
 * @param wasm `libmagic-wrapper.wasm` of the package.
 * @param print Gets what libmagic would write to its standard streams.
 * @returns The MIME type of some bytes. After it threw, the instance is not to be used again.
 */
export async function loadLibmagic(
  wasm: Uint8Array<ArrayBuffer>,
  print: (text: string) => void,
): Promise<(bytes: Uint8Array) => string> {
  const program = await WebAssembly.compile(wasm);
  const magic = await start({
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(program, imports);
      done(instance);
      return instance.exports;
    },
  });
  magic.printOverride = (_stream, text) => print(text);
  magic.FS.chdir(DATABASE.folder);
  const failure = magic.ccall("magic_wrapper_load", "string", ["number", "string"], [MAGIC_MIME_TYPE, DATABASE.file]);
  if (failure !== "") throw new Error(`Cannot load libmagic's database "${DATABASE.file}": ${failure}`);
  // libmagic has its own copy by now: give this one's memory back.
  magic.FS.unlink(`${DATABASE.folder}/${DATABASE.file}`);

  return (bytes) => {
    const pointer = magic._malloc(bytes.length);
    if (pointer === 0) throw new Error(`Cannot allocate ${bytes.length} bytes for libmagic: its memory is used up`);
    magic.HEAPU8.set(bytes, pointer);
    const type = magic.ccall("magic_wrapper_detect", "string", ["number", "number"], [pointer, bytes.length]);
    magic._free(pointer);
    return type;
  };
}
