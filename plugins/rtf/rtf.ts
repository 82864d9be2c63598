import { firstErrors } from "../lib/error_list.ts";
import { type Ole1Object, packageFilename, parseOle1, parsePackage } from "../lib/olepackage.ts";
import { isRtf, parseRtf, type RtfObject } from "./parser.ts";
import type { ExtractedPayload, Payload, WorkerPlugin, WorkerResponse } from "../../plugin.ts";

/** Field types that fetch or run something. */
const ACTIVE_FIELD = /^\s*(?:DDE|DDEAUTO|IMPORT|INCLUDE|INCLUDEPICTURE|INCLUDETEXT|LINK|HYPERLINK|MACROBUTTON)\b/i;

/** Extracts the objects of RTF documents: packaged files, OLE objects, or else their raw data. */
export default class Rtf implements WorkerPlugin {
  scan(payload: Payload): WorkerResponse | undefined {
    if (!isRtf(payload.content)) return undefined;
    const document = parseRtf(payload.content);
    const errors = [...document.errors];
    const extracted: ExtractedPayload[] = [];
    const objects = document.objects.map((object, index) => {
      const { facts, content, filename } = describe(object, errors);
      const extraData = { index, filename: filename ?? `object_${index}` };
      // What is not copied is a view into data that the payload would take away.
      if (content.length > 0) extracted.push({ content: content.slice(), payloadMeta: { extraData } });
      return { index, ...facts };
    });
    const fields = document.fields.filter((field) => ACTIVE_FIELD.test(field));
    return {
      results: {
        objects,
        ...(document.templates.length > 0 ? { templates: document.templates } : {}),
        ...(fields.length > 0 ? { fields } : {}),
      },
      extracted,
      errors: firstErrors(errors),
    };
  }
}

/** The reading of the data that is an OLE object: with or without the groups that Word may ignore. */
function readOle(object: RtfObject): { ole: Ole1Object | undefined; data: Uint8Array } {
  const strict = parseOle1(object.data);
  if (strict || !object.looseData) return { ole: strict, data: object.data };
  const loose = parseOle1(object.looseData);
  return { ole: loose, data: loose ? object.looseData : object.data };
}

function describe(object: RtfObject, errors: string[]) {
  const { ole, data } = readOle(object);
  const pack = ole?.kind === "embedded" && ole.className.toLowerCase() === "package"
    ? parsePackage(ole.data)
    : undefined;
  const filename = pack ? packageFilename(pack) : null;
  const where = `object at offset ${object.offset}`;
  if (!ole && data.length > 0) {
    errors.push(`${where}: not an OLE 1.0 object, its ${data.length} bytes extracted as they are`);
  }
  if (ole && ole.declaredSize > ole.data.length) {
    errors.push(`${where}: ${ole.data.length} of ${ole.declaredSize} bytes are in the file`);
  }
  if (pack && pack.declaredSize > pack.data.length) {
    errors.push(`${where}: ${pack.data.length} of ${pack.declaredSize} bytes of the packaged file are in it`);
  }
  return {
    filename,
    // The file in a package, not the package around it.
    content: pack && !pack.linked ? pack.data : ole?.kind === "embedded" ? ole.data : ole ? new Uint8Array() : data,
    facts: {
      offset: object.offset,
      type: object.type,
      update: object.update,
      objclass: object.objclass,
      objname: object.objname,
      format: ole?.kind ?? null,
      class_name: ole?.className ?? null,
      topic_name: ole?.topicName ?? null,
      item_name: ole?.itemName ?? null,
      size: data.length,
      ...(pack
        ? { package: { filename, source_path: pack.sourcePath, temp_path: pack.tempPath, size: pack.data.length } }
        : {}),
    },
  };
}
