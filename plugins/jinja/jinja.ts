import type { ConnectorPlugin, DecoratorPlugin, DecoratorResponse, PluginContext, Response } from "../../plugin.ts";
import type { Render } from "./template.ts";

/** The template where none is set, in the plugin's folder. */
const DEFAULT_TEMPLATE = "stoq.tpl";

/** Results as text, by a template. */
export default class Jinja implements DecoratorPlugin, ConnectorPlugin {
  readonly #context: PluginContext;
  /** Path of the operator's template. */
  readonly #path: string | undefined;
  readonly #autoescape: boolean;
  #render: Promise<Render> | undefined;

  constructor(context: PluginContext) {
    const { options } = context;
    this.#context = context;
    this.#path = options.has("template") ? templatePath(options.getList("template")) : undefined;
    this.#autoescape = options.getBoolean("autoescape", true);
  }

  async decorate(response: Response): Promise<DecoratorResponse> {
    return { results: await this.#rendered(response) };
  }

  /** What the decorator made, if it was there, else the same. */
  async save(response: Response): Promise<string> {
    const decorated = response.decorators[this.#context.name];
    const text = typeof decorated === "string" ? decorated : await this.#rendered(response);
    return text.endsWith("\n") ? text : text + "\n";
  }

  async #rendered(response: Response): Promise<string> {
    const render = await (this.#render ??= this.#compile());
    try {
      return render({ response: response.toJSON() });
    } catch (error) {
      throw this.#failure("render", error);
    }
  }

  async #compile(): Promise<Render> {
    const { compile } = await import("./template.ts");
    let source: string;
    try {
      source = this.#path === undefined
        ? new TextDecoder().decode(await this.#context.asset(DEFAULT_TEMPLATE))
        : await Deno.readTextFile(this.#path);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      throw this.#failure("read", error);
    }
    try {
      // Ours is plain text.
      return compile(source, this.#path !== undefined && this.#autoescape);
    } catch (error) {
      throw this.#failure("use", error);
    }
  }

  #failure(action: string, error: unknown): Error {
    const message = error instanceof Error ? error.message : String(error);
    // Deno adds the call and the path to what the system says.
    const [reason = ""] = message.split(/ \(os error \d+\)/);
    return new Error(`Cannot ${action} template "${this.#path ?? DEFAULT_TEMPLATE}": ${reason}`, { cause: error });
  }
}

/** Read as a list, as the permission made of it is: a path with a comma cannot be granted. */
function templatePath([path, ...others]: string[]): string | undefined {
  if (others.length === 0) return path;
  throw new TypeError(
    `Option "template" of plugin "jinja" is ${others.length + 1} paths: it must be one, without a comma`,
  );
}
