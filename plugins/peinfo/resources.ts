import type { ExtractedPayload } from "../../plugin.ts";
import { type PeFile, type PeResource, resourceTypeName } from "../lib/pe.ts";
import { ByteBudget, type Digests, digests } from "./digest.ts";
import { languageNames } from "./languages.ts";

/** Most resources that are listed. */
const MAX_LISTED = 4096;
/** Most resources that become payloads: programs with more have them as icons and strings. */
const MAX_EXTRACTED = 1000;

/** A resource in the results. */
export interface ResourceInfo extends Partial<Digests> {
  /** `RT_ICON`, or the file's own name. */
  readonly type: string;
  readonly resource_id: number | string;
  readonly language: string;
  readonly sub_language: string;
  /** RVA. */
  readonly address: number;
  /** Offset in the file; null when the data is not there. */
  readonly offset: number | null;
  readonly size: number;
  readonly name: string;
}

/** Describes the resources and takes them out. */
export function describeResources(pe: PeFile, errors: string[]) {
  const { bytes } = pe.image.reader;
  const budget = new ByteBudget(bytes.length);
  const resources: ResourceInfo[] = [];
  const extracted: ExtractedPayload[] = [];
  const seen = new Map<string, Digests>();
  for (const resource of pe.resources.slice(0, MAX_LISTED)) {
    const info = describe(resource);
    const key = `${resource.offset}:${resource.size}`;
    const data = resource.offset === undefined
      ? undefined
      : bytes.subarray(resource.offset, resource.offset + resource.size);
    const known = seen.get(key);
    const isRead = data !== undefined && data.length > 0 && (known !== undefined || budget.take(data.length));
    const hashes = known ?? (isRead ? digests(data) : undefined);
    const complete = { ...info, ...hashes };
    resources.push(complete);
    if (!isRead || hashes === undefined || known !== undefined) continue;
    seen.set(key, hashes);
    if (extracted.length < MAX_EXTRACTED) {
      extracted.push({ content: data.slice(), payloadMeta: { extraData: { ...complete, filename: info.name } } });
    } else if (extracted.length === MAX_EXTRACTED) {
      errors.push(`resources after the first ${MAX_EXTRACTED} were not extracted, from "${info.name}" on`);
      break;
    }
  }
  const left = pe.resources.length - resources.length;
  if (left > 0) errors.push(`${left} of ${pe.resources.length} resources were left out`);
  errors.push(...budget.error("resources"));
  return { resources, extracted };
}

function describe({ path, rva, offset, size }: PeResource): ResourceInfo {
  const [typeId = 0, id = 0] = path;
  const language = path[2];
  const type = resourceTypeName(typeId) ?? `RT_${typeId}`;
  return {
    type,
    resource_id: id,
    ...languageNames(typeof language === "number" ? language : 0),
    address: rva,
    offset: offset ?? null,
    size,
    name: `resource_${type}_${id}`,
  };
}
