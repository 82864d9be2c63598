"""Prints streams and summary properties of compound files, by olefile (Debian's python3-olefile)."""
import datetime, hashlib, json, os, sys
import olefile

result = {}
for path in sys.argv[1:]:
    ole = olefile.OleFileIO(path)
    streams = {"/".join(s): [ole.get_size(s), hashlib.sha256(ole.openstream(s).read()).hexdigest()] for s in ole.listdir()}
    meta = {}
    m = ole.get_metadata()
    for name in m.SUMMARY_ATTRIBS + m.DOCSUM_ATTRIBS:
        if name == "thumbnail": continue
        value = getattr(m, name)
        if isinstance(value, bytes): value = value.decode("latin1")
        if isinstance(value, datetime.datetime): value = value.isoformat()
        if isinstance(value, list): value = [v.decode("latin1") if isinstance(v, bytes) else v for v in value]
        if value is not None: meta[name] = value
    result[os.path.basename(path)] = {"clsid": ole.root.clsid.lower(), "streams": streams, "metadata": meta}
json.dump(result, sys.stdout, indent=1, ensure_ascii=False, sort_keys=True)
print()
