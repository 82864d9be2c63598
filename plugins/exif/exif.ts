import type { CommandResult, Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { MAX_OUTPUT, readTags } from "./tags.ts";

/** Longest part of a program's own words that is passed on in an error. */
const MAX_MESSAGE = 200;

const REMEDY = "install ExifTool (Debian package libimage-exiftool-perl) or set option bin of plugin exif to its path";

/** ExifTool's tags of a payload, under ExifTool's names. */
export default class Exif implements WorkerPlugin {
  readonly #bin: string;

  constructor(private readonly context: PluginContext) {
    this.#bin = context.options.getString("bin", "exiftool");
  }

  async scan(payload: Payload): Promise<WorkerResponse> {
    const size = payload.content.length; // before the bytes are handed over
    let ended: CommandResult;
    try {
      ended = await this.context.command("exif", payload.content);
    } catch (error) {
      return { errors: [`Cannot run "${this.#bin}": ${firstLine(messageOf(error))}: ${REMEDY}`] };
    }
    if (ended.stdout.length > MAX_OUTPUT) {
      return {
        errors: [`Output of "${this.#bin}" has ${ended.stdout.length} bytes, the limit is ${MAX_OUTPUT}: not parsed`],
      };
    }
    try {
      // ExifTool's exit status is 1 for a file that it does not know; its output then says so in the tag "Error".
      const { tags, errors } = readTags(new TextDecoder().decode(ended.stdout), size);
      return { results: tags, errors };
    } catch (error) {
      const said = firstLine(ended.stderr) ||
        firstLine(new TextDecoder().decode(ended.stdout.subarray(0, MAX_MESSAGE * 4)));
      return {
        errors: [
          `"${this.#bin}" ended with status ${ended.code} and no JSON tags (${firstLine(messageOf(error))})` +
          `${said && `, saying "${said}"`}: ${REMEDY}`,
        ],
      };
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The first line that has something in it, shortened, without control characters. */
function firstLine(text: string): string {
  const line = text.split(/[\r\n]+/).find((part) => part.trim() !== "") ?? "";
  // deno-lint-ignore no-control-regex -- they are what is replaced
  return line.trim().slice(0, MAX_MESSAGE).replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
