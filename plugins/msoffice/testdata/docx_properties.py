"""Prints core properties, by python-docx (Debian's python3-docx)."""
import json, sys
from docx.opc.package import OpcPackage
import docx

result = {}
for path in sys.argv[1:]:
    p = OpcPackage.open(path).core_properties
    result[path] = {"title": p.title, "subject": p.subject, "creator": p.author, "keywords": p.keywords, "description": p.comments, "revision": str(p.revision), "last_modified_by": p.last_modified_by}
print(json.dumps(result, indent=1, ensure_ascii=False))
