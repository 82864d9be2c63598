/**
 * Makes the sample files of this folder again; README.md says what they are.
 *
 * Needs the Debian packages `libreoffice-writer-nogui` and `python3-distlib`:
 *
 * ```sh
 * deno run -A examples/make_samples.ts
 * ```
 *
 * @module
 */
import { parseCfb } from "../plugins/lib/cfb.ts";
import { type CfbNode, writeCfb } from "./write_cfb.ts";

/** Where Debian's python3-distlib has the launchers. */
const LAUNCHERS = "/usr/lib/python3/dist-packages/distlib";
/** What the document says. */
const TEXT = "<html><body><h1>Quarterly figures</h1><p>Double-click the two attachments.</p></body></html>";
/** Classes, by the first three of their 16 bytes: a Word document, an OLE package. The others are the same for all of OLE. */
const WORD_CLSID = oleClass(0x06, 0x09, 0x02);
const PACKAGE_CLSID = oleClass(0x0c, 0x00, 0x03);

const folder = new URL("./", import.meta.url);

/** A Word 97-2003 document with the text, by LibreOffice. */
async function makeDocument(): Promise<Uint8Array> {
  const work = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${work}/sample.html`, TEXT);
    const { code, stderr } = await new Deno.Command("soffice", {
      args: [
        `-env:UserInstallation=file://${work}/profile`,
        "--headless",
        "--convert-to",
        "doc:MS Word 97",
        "--outdir",
        work,
        `${work}/sample.html`,
      ],
    }).output();
    if (code !== 0) throw new Error(`soffice ended with status ${code}: ${new TextDecoder().decode(stderr)}`);
    return await Deno.readFile(`${work}/sample.doc`);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** The stream of an embedded file: OLE 1.0 Package data ([MS-OLEDS], OLENativeStream). */
function packageStream(name: string, content: Uint8Array): Uint8Array {
  const text = (value: string) => [...new TextEncoder().encode(value), 0];
  const u32 = (value: number) => [...new Uint8Array(new Uint32Array([value]).buffer)];
  const path = text(`C:\\Temp\\${name}`);
  const head = [2, 0, ...text(name), ...path, 0, 0, 3, 0, ...u32(path.length), ...path, ...u32(content.length)];
  return new Uint8Array([...u32(head.length + content.length + 2), ...head, ...content, 0, 0]);
}

function oleClass(...first: [number, number, number]): Uint8Array {
  return new Uint8Array([...first, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46]);
}

const document = parseCfb(await makeDocument());
if (!document) throw new Error("soffice did not write a compound file");
const streams: CfbNode[] = document.entries
  .filter(({ kind }) => kind === "stream")
  .map((entry) => ({ name: entry.name, content: document.read(entry) }));
const packages: CfbNode[] = [];
for (const [index, name] of ["w32.exe", "t64.exe"].entries()) {
  const content = packageStream(name, await Deno.readFile(`${LAUNCHERS}/${name}`));
  packages.push({
    name: `_${1700000001 + index}`,
    clsid: PACKAGE_CLSID,
    children: [{ name: "\u0001Ole10Native", content }],
  });
}
const root = {
  name: "Root Entry",
  clsid: WORD_CLSID,
  children: [...streams, { name: "ObjectPool", children: packages }],
};
await Deno.writeFile(new URL("sample_doc_with_pe.doc", folder), writeCfb(root));
await Deno.copyFile(`${LAUNCHERS}/t32.exe`, new URL("small.exe", folder));
