"""What pefile says of the samples, as JSON: /usr/bin/python3 peinfo_dump.py > pefile.json"""
import hashlib, json, os, pefile, peutils, struct

SAMPLES = "../../lib/testdata/pe/"

def text(data):
    return data.decode("latin-1")

def sha256(data):
    return hashlib.sha256(data).hexdigest() if data else None

def dump(path):
    pe = pefile.PE(path)
    imports, exports, version, resources = {}, [], {}, []
    for entry in getattr(pe, "DIRECTORY_ENTRY_IMPORT", []):
        names = imports.setdefault(text(entry.dll), [])
        names += [text(i.name) if i.name else str(i.ordinal) for i in entry.imports]
    if hasattr(pe, "DIRECTORY_ENTRY_EXPORT"):
        exports = [text(s.name) if s.name else str(s.ordinal) for s in pe.DIRECTORY_ENTRY_EXPORT.symbols]
    for info in getattr(pe, "FileInfo", []):
        for entry in info:
            for table in getattr(entry, "StringTable", []):
                version.update({k.decode(): v.decode() for k, v in table.entries.items()})
    for kind in getattr(getattr(pe, "DIRECTORY_ENTRY_RESOURCE", None), "entries", []):
        for name in kind.directory.entries:
            for leaf in name.directory.entries:
                s = leaf.data.struct
                resources.append([
                    pefile.RESOURCE_TYPE.get(kind.id, str(kind.name)), name.id if name.name is None else str(name.name),
                    pefile.LANG.get(leaf.data.lang, "unknown"), pefile.get_sublang_name_for_lang(leaf.data.lang, leaf.data.sublang),
                    s.OffsetToData, s.Size, sha256(pe.get_data(s.OffsetToData, s.Size))])
    rich = pe.parse_rich_header()
    clear = b"DanS" + bytes(12) + b"".join(struct.pack("<I", v) for v in rich["values"]) if rich else b""
    return {
        "imphash": pe.get_imphash() or None,
        "compile_time_epoch": pe.FILE_HEADER.TimeDateStamp,
        "is_packed": peutils.is_probably_packed(pe),
        "is_exe": pe.is_exe(), "is_dll": pe.is_dll(), "is_driver": pe.is_driver(),
        "machine_type": pefile.MACHINE_TYPE[pe.FILE_HEADER.Machine],
        "subsystem": pefile.SUBSYSTEM_TYPE[pe.OPTIONAL_HEADER.Subsystem],
        "image_base": pe.OPTIONAL_HEADER.ImageBase,
        "entrypoint": hex(pe.OPTIONAL_HEADER.AddressOfEntryPoint),
        "sections": [[text(s.Name.split(b"\0")[0]), s.VirtualAddress, s.Misc_VirtualSize, s.SizeOfRawData,
                      s.get_hash_md5(), s.get_hash_sha1(), s.get_hash_sha256(), round(s.get_entropy(), 9)] for s in pe.sections],
        "imports": imports, "exports": exports, "version_info": version, "resources": resources,
        "rich_header": hashlib.sha256(clear).hexdigest() if rich else None,
        "debug_types": [d.struct.Type for d in getattr(pe, "DIRECTORY_ENTRY_DEBUG", [])],
    }

paths = {name: SAMPLES + name for name in sorted(os.listdir(SAMPLES)) if name.endswith((".dll", ".exe"))}
paths["timestamped.dll"] = "timestamped.dll"
print(json.dumps({name: dump(path) for name, path in paths.items()}, indent=1))
