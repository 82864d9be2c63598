import { firstErrors } from "../lib/error_list.ts";
import type { ExtractedPayload, Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { isStream } from "./formats.ts";
import { basename, clip, uncompressedName } from "./names.ts";
import { ARCHIVE_PATH } from "./seven_zip.ts";
import { unpack, type UnpackedArchive, type UnpackedMember } from "./unpack.ts";

/** Bytes of a member that is marked as a link and may really be one (Linux, `PATH_MAX`). */
const MAX_LINK = 4096;

/** Members of archives, compressed files and disk images as payloads. */
export default class Decompress implements WorkerPlugin {
  readonly #passwords: readonly string[];
  readonly #maximumSize: number;
  readonly #timeout: number;
  readonly #dispatchTo: string[];
  readonly #shouldArchive: boolean;
  #module: Promise<WebAssembly.Module> | null = null;

  constructor(private readonly context: PluginContext) {
    const { options } = context;
    this.#passwords = options.getList("passwords", ["-", "infected", "password"]);
    this.#maximumSize = options.getNumber("maximum_size", 50_000_000);
    this.#timeout = options.getNumber("timeout", 45);
    this.#dispatchTo = options.getList("always_dispatch", []);
    this.#shouldArchive = options.getBoolean("archive_extracted", true);
  }

  async scan(payload: Payload): Promise<WorkerResponse | null> {
    if (payload.content.length === 0) return null;
    this.#module ??= this.context.asset("7zz.wasm").then((bytes) => WebAssembly.compile(bytes));
    const archive = await unpack(
      { module: await this.#module, content: payload.content, deadline: Date.now() + this.#timeout * 1000 },
      { passwords: this.#passwordsFor(payload), maximumSize: this.#maximumSize, timeout: this.#timeout },
    );
    if (archive === null) return null;
    const members = archive.members.map((member) => named(member, archive, payload.payloadMeta.extraData["filename"]));
    return {
      results: { type: archive.type, password: archive.password, members: members.map(describe) },
      extracted: members.filter(isPayload).map((member) => this.#extract(member)),
      errors: firstErrors(archive.errors),
    };
  }

  /** Passwords that came with the payload, for example from the mail that it was in; else those of the option. */
  #passwordsFor(payload: Payload): readonly string[] {
    const given = payload.payloadMeta.extraData["passwords"];
    const passwords = Array.isArray(given) ? given.filter((password) => typeof password === "string") : [];
    return passwords.length > 0 ? passwords : this.#passwords;
  }

  #extract({ path, modified, unpacked }: NamedMember): ExtractedPayload {
    return {
      content: unpacked?.content ?? new Uint8Array(),
      payloadMeta: {
        shouldArchive: this.#shouldArchive,
        dispatchTo: [...this.#dispatchTo],
        extraData: {
          filename: clip(basename(path)),
          path: clip(path),
          ...(modified !== null && { modified }),
          ...(unpacked?.error != null && { damaged: unpacked.error }),
        },
      },
    };
  }
}

/** A member that has a name in any case. */
interface NamedMember extends UnpackedMember {
  readonly path: string;
}

function named(member: UnpackedMember, { type }: UnpackedArchive, filename: unknown): NamedMember {
  // 7-Zip makes up a name from that of the archive, which is ours.
  const madeUp = member.path === null || member.path === "" || member.path.startsWith(ARCHIVE_PATH.slice(1));
  const path = madeUp && isStream(type) ? uncompressedName(filename) : member.path ?? uncompressedName(filename);
  return { ...member, path };
}

/** Where a link leads, unless what is marked as one cannot be a path: nothing may hide behind a mark. */
function linkTarget({ kind, link, unpacked }: UnpackedMember): string | null {
  if (kind !== "link") return null;
  const content = unpacked?.content ?? new Uint8Array();
  if (content.length === 0) return link;
  if (content.length > MAX_LINK) return null;
  const target = new TextDecoder().decode(content);
  // deno-lint-ignore no-control-regex
  return /[\x00-\x1f\ufffd]/.test(target) ? null : target;
}

/** Whether the member becomes a payload. */
function isPayload(member: NamedMember): boolean {
  if (member.unpacked === null || member.kind === "directory") return false;
  if (member.unpacked.content.length === 0) return member.kind === "file" && member.unpacked.error === null;
  return linkTarget(member) === null;
}

/** The member as it stands in the results. */
function describe(member: NamedMember): Record<string, unknown> {
  const link = linkTarget(member);
  return {
    path: clip(member.path),
    kind: member.kind,
    size: member.unpacked !== null && member.kind === "file" ? member.unpacked.content.length : member.size,
    packed_size: member.packedSize,
    encrypted: member.encrypted,
    modified: member.modified,
    ...(link !== null && { link: clip(link) }),
    ...(member.unpacked?.error != null && { error: member.unpacked.error }),
  };
}
