import type { ProviderItem, ScanResponse } from "../../plugin.ts";
import { TestFolder as Folder } from "../lib/testing_folder.ts";

/** A directory that is read, or written to. */
export class TestFolder extends Folder {
  /** Relative paths of all files, sorted. */
  files(below = ""): string[] {
    const found: string[] = [];
    for (const { name, isDirectory } of Deno.readDirSync(`${this.path}/${below}`)) {
      if (isDirectory) found.push(...this.files(`${below}${name}/`));
      else found.push(below + name);
    }
    return found.sort();
  }
}

/** Filename and text of what a provider brings. */
export async function brought(items: AsyncIterable<ProviderItem>): Promise<[unknown, string][]> {
  const list: [unknown, string][] = [];
  for await (const { payload } of items) {
    list.push([payload?.payloadMeta?.extraData?.["filename"], new TextDecoder().decode(payload?.content)]);
  }
  return list;
}

/** A response with nothing in it. */
export function emptyResponse(fields: Partial<ScanResponse> = {}): ScanResponse {
  return {
    time: "2026-11-24T23:59:59.000Z",
    results: [],
    requestMeta: { archivePayloads: true, source: null, extraData: {} },
    errors: {},
    decorators: {},
    scanId: "1f168f68-1c19-46f9-9427-585345a6fe24",
    ...fields,
  };
}

/** Puts something else in the place of a function of Deno, until disposed. */
export function replaced(name: "writeFile" | "rename" | "openSync" | "readDir", other: unknown): Disposable {
  const own = Reflect.get(Deno, name);
  Reflect.set(Deno, name, other);
  return { [Symbol.dispose]: () => void Reflect.set(Deno, name, own) };
}
