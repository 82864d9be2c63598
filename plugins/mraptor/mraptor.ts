import { firstErrors } from "../lib/error_list.ts";
import { assess } from "./rules.ts";
import { readVbaSources } from "./sources.ts";
import type { Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";

/** Says whether the VBA macros of a document look malicious, by MacroRaptor's rules. */
export default class Mraptor implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse | undefined {
    const errors: string[] = [];
    const sources = readVbaSources(payload.content, errors);
    if (!sources) return undefined;
    if (sources.modules.length === 0) return { errors: firstErrors(errors) };
    const risk = assess(sources.modules.join("\n"));
    const flags: string[] = [];
    if (risk.autoExec !== null) flags.push("AutoExec");
    if (risk.write !== null) flags.push("Write");
    if (risk.execute !== null) flags.push("Execute");
    return {
      results: {
        // The original's spelling, which rules and searches may rely on, and the right one.
        suspicous: risk.suspicious,
        suspicious: risk.suspicious,
        flags,
        filetype: sources.filetype,
        matches: [risk.autoExec, risk.write, risk.execute].filter((match) => match !== null),
      },
      errors: firstErrors(errors),
    };
  }
}
