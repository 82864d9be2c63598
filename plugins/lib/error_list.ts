/** Messages of one file that are reported; the rest say the same of other places. */
const MAX_MESSAGES = 100;

/** The first messages, each once, and how many more there were. */
export function firstErrors(messages: Iterable<string>): string[] {
  const unique = [...new Set(messages)];
  const rest = unique.length - MAX_MESSAGES;
  return rest <= 0 ? unique : [...unique.slice(0, MAX_MESSAGES), `${rest} more errors left out`];
}
