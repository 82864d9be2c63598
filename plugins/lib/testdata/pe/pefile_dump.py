"""What pefile reads from the samples beside this file, as JSON: the answer that pe_test.ts compares with."""
import hashlib
import json
import pathlib

import pefile


def text(raw):
    return None if raw is None else raw.decode("latin1")


def libraries(entries):
    return [
        [text(e.dll), [[None if s.import_by_ordinal else text(s.name), s.ordinal, s.hint] for s in e.imports]]
        for e in entries
    ]


def leaves(directory, path=()):
    for entry in directory.entries:
        here = [*path, str(entry.name) if entry.name is not None else entry.id]
        if hasattr(entry, "directory"):
            yield from leaves(entry.directory, here)
        else:
            yield [here, entry.data.struct.OffsetToData, entry.data.struct.Size]


def dump(path):
    pe = pefile.PE(data=path.read_bytes())
    optional = pe.OPTIONAL_HEADER
    exports = getattr(pe, "DIRECTORY_ENTRY_EXPORT", None)
    resources = getattr(pe, "DIRECTORY_ENTRY_RESOURCE", None)
    tls = getattr(pe, "DIRECTORY_ENTRY_TLS", None)
    rich = pe.parse_rich_header()
    return {
        "machine": pe.FILE_HEADER.Machine,
        "timeDateStamp": pe.FILE_HEADER.TimeDateStamp,
        "entryPoint": optional.AddressOfEntryPoint,
        "entryPointOffset": pe.get_offset_from_rva(optional.AddressOfEntryPoint),
        "imageBase": str(optional.ImageBase),
        "subsystem": optional.Subsystem,
        "dllCharacteristics": optional.DllCharacteristics,
        "heapCommit": str(optional.SizeOfHeapCommit),
        "directories": [[d.VirtualAddress, d.Size] for d in optional.DATA_DIRECTORY],
        "sections": [
            [text(s.Name.split(b"\0")[0]), s.VirtualAddress, s.Misc_VirtualSize, s.PointerToRawData, s.SizeOfRawData]
            for s in pe.sections
        ],
        "imports": libraries(getattr(pe, "DIRECTORY_ENTRY_IMPORT", [])),
        "delayImports": libraries(getattr(pe, "DIRECTORY_ENTRY_DELAY_IMPORT", [])),
        "imphash": pe.get_imphash(),
        "exports": [[s.ordinal, s.address, text(s.name), text(s.forwarder)] for s in exports.symbols] if exports else [],
        "overlayOffset": pe.get_overlay_data_start_offset(),
        "resources": list(leaves(resources)) if resources else [],
        "version": [
            [text(table.LangID), [[k.decode(), v.decode()] for k, v in table.entries.items()]]
            for info in getattr(pe, "FileInfo", [])
            for entry in info
            for table in getattr(entry, "StringTable", [])
        ],
        "debug": [
            [d.struct.Type, text(d.entry.PdbFileName.rstrip(b"\0")) if hasattr(d.entry, "PdbFileName") else None]
            for d in getattr(pe, "DIRECTORY_ENTRY_DEBUG", [])
        ],
        "richHash": hashlib.md5(rich["clear_data"]).hexdigest() if rich else None,
        "tlsCallbacks": str(tls.struct.AddressOfCallBacks) if tls else None,
    }


folder = pathlib.Path(__file__).parent
print(json.dumps({p.name: dump(p) for p in sorted(folder.glob("*.[de][lx][le]"))}, separators=(",", ":")))
