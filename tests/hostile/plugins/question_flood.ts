/**
 * Row 15: asks for ten thousand assets at once. Stopped by the limit on open questions.
 */
import type { PluginContext, WorkerPlugin, WorkerResponse } from "../../../plugin.ts";

export default class QuestionFlood implements WorkerPlugin {
  constructor(private readonly context: PluginContext) {}

  async scan(): Promise<WorkerResponse> {
    const questions = Array.from({ length: 10_000 }, () => this.context.asset("question_flood.ts"));
    const answers = await Promise.allSettled(questions);
    const refused = new Set<string>();
    let answered = 0;
    for (const answer of answers) {
      if (answer.status === "fulfilled") answered++;
      else refused.add(String(answer.reason));
    }
    return { results: { gained: answered < 5000 ? null : `${answered} answers`, refused: [...refused] } };
  }
}
