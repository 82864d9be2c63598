import type { Data, Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { ByteReader } from "../lib/bytes.ts";
import { firstErrors } from "../lib/error_list.ts";
import { readEnd } from "./directory.ts";
import { MemberReader } from "./members.ts";

const CENTRAL_HEADER = 0x02014b50;
const LOCAL_HEADER = Uint8Array.of(0x50, 0x4b, 3, 4);
/** Members that are listed. */
export const MAX_MEMBERS = 4_000;
/** Characters of results, about: a member has some 2,000. */
const MAX_RESULTS = 16 * 1024 * 1024;

/** Facts from the headers of a ZIP archive: how it was made, and what doesn't fit together. */
export default class Xyz implements WorkerPlugin {
  readonly #options: { readonly decompress: boolean; readonly deriveLevel: boolean };

  constructor({ options }: PluginContext) {
    this.#options = {
      decompress: options.getBoolean("decompress_files", true),
      deriveLevel: options.getBoolean("derive_deflate_level", true),
    };
  }

  scan(payload: Payload): WorkerResponse | undefined {
    const reader = new ByteReader(payload.content);
    const errors: string[] = [];
    const end = readEnd(reader);
    const files: Data[] = [];
    let room = MAX_RESULTS;
    const full = () => files.length >= MAX_MEMBERS || room <= 0;
    const add = (file: Data) => {
      files.push(file);
      room -= JSON.stringify(file).length;
    };
    if (!end) {
      if (reader.indexOf(LOCAL_HEADER) !== 0) return undefined;
      errors.push("no end of central directory: members taken from their local headers");
      const members = new MemberReader(reader, 0, this.#options, errors);
      for (let at = 0; at >= 0 && !full(); at = reader.indexOf(LOCAL_HEADER, at + 4)) add(members.readLocalOnly(at));
      if (full()) errors.push(`members after the first ${files.length} left out`);
      return { results: { comment: "", dir_offset: null, files, dir_end: null }, errors: firstErrors(errors) };
    }
    const members = new MemberReader(reader, end.before, this.#options, errors);
    let at = end.directory;
    while (reader.u32(at) === CENTRAL_HEADER) {
      if (full()) {
        errors.push(`members after the first ${files.length} left out`);
        break;
      }
      const member = members.read(at);
      if (!member) {
        errors.push(`central directory is cut off at offset ${at}`);
        break;
      }
      add(member.file);
      at = member.end;
    }
    if (files.length !== end.count && !full()) {
      errors.push(`central directory has ${files.length} members, its end says ${end.count}`);
    }
    return {
      results: { comment: end.comment, dir_offset: end.directory, files, dir_end: at, ...end.records },
      errors: firstErrors(errors),
    };
  }
}
