import type { CommandResult, Payload, PluginContext, WorkerPlugin, WorkerResponse } from "../../plugin.ts";
import { MAX_OUTPUT, readOutput } from "./output.ts";

/** Longest part of a program's own words that is passed on in an error. */
const MAX_MESSAGE = 200;

const REMEDY = "install TrID and its definitions, or set options bin and trid_defs of plugin trid to their paths";

/** Types that TrID finds a payload may be of, by extension. */
export default class Trid implements WorkerPlugin {
  readonly #bin: string;
  readonly #command: string;
  readonly #skipWarnings: ReadonlySet<string>;

  constructor(private readonly context: PluginContext) {
    const { options } = context;
    this.#bin = options.getString("bin", "trid");
    // Without definitions named, TrID takes those beside it.
    this.#command = options.has("trid_defs") ? "trid_with_definitions" : "trid";
    this.#skipWarnings = new Set(options.getList("skip_warnings", ["file seems to be plain text/ASCII"]));
  }

  async scan(payload: Payload): Promise<WorkerResponse> {
    let ended: CommandResult;
    try {
      ended = await this.context.command(this.#command, payload.content);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { errors: [`Cannot run "${this.#bin}": ${firstLine(message)}: ${REMEDY}`] };
    }
    const { stdout, stderr, code } = ended;
    if (stdout.length > MAX_OUTPUT) {
      return { errors: [`Output of "${this.#bin}" has ${stdout.length} bytes, the limit is ${MAX_OUTPUT}: not read`] };
    }
    const text = new TextDecoder("latin1").decode(stdout);
    const { types, warnings, error, unknown } = readOutput(text);
    const errors = warnings.filter((warning) => !this.#skipWarnings.has(warning));
    if (Object.keys(types).length > 0) return { results: types, errors };
    if (unknown && error === undefined) return { results: {}, errors };
    if (error === undefined && code === 0 && warnings.length > 0) return { results: {}, errors };
    const said = firstLine(error ?? "") || firstLine(stderr) || firstLine(text);
    errors.push(`"${this.#bin}" ended with status ${code} and no types${said && `, saying "${said}"`}: ${REMEDY}`);
    return { errors };
  }
}

/** The first line that has something in it, shortened, without control characters. */
function firstLine(text: string): string {
  const line = text.slice(0, 64 * MAX_MESSAGE).split(/[\r\n]+/).find((part) => part.trim() !== "") ?? "";
  // deno-lint-ignore no-control-regex -- they are what is replaced
  return line.trim().slice(0, MAX_MESSAGE).replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
