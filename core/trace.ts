/**
 * OpenTelemetry spans, where Deno's own exporter is on (`OTEL_DENO=true`); otherwise nothing.
 *
 * @module
 */

/** What is used of a tracer (OpenTelemetry API 1.9, `Tracer` and `Span`). */
interface Tracer {
  startActiveSpan<T>(
    name: string,
    options: { attributes: Record<string, string | number> },
    run: (span: Span) => Promise<T>,
  ): Promise<T>;
}

interface Span {
  setStatus(status: { code: number; message?: string }): void;
  end(): void;
}

/** Status code of a span that failed (OpenTelemetry API, `SpanStatusCode.ERROR`). */
const ERROR = 2;

let tracer: Tracer | null | undefined;

function getTracer(): Tracer | null {
  if (tracer === undefined) {
    const { telemetry } = Deno as unknown as { telemetry?: { tracerProvider: { getTracer(name: string): Tracer } } };
    const on = /^(1|true)$/i.test(Deno.env.get("OTEL_DENO") ?? "");
    tracer = on ? telemetry?.tracerProvider.getTracer("stoq") ?? null : null;
  }
  return tracer;
}

/**
 * Runs something in a span.
 *
 * @param failed Tells from the result what went wrong, if anything.
 */
export async function traced<T>(
  name: string,
  attributes: Record<string, string | number>,
  run: () => Promise<T>,
  failed: (result: T) => string | null = () => null,
): Promise<T> {
  const active = getTracer();
  if (active === null) return await run();
  return await active.startActiveSpan(name, { attributes }, async (span) => {
    try {
      const result = await run();
      const message = failed(result);
      if (message !== null) span.setStatus({ code: ERROR, message });
      return result;
    } finally {
      span.end();
    }
  });
}
