"""Writes expected.json: what Poppler's pdfinfo and pdfdetach say of the documents of this folder."""
import glob
import hashlib
import json
import re
import subprocess
import tempfile


def run(*words):
    ended = subprocess.run(words, capture_output=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"})
    return ended.stdout.decode("utf-8", "replace")


expected = {}
for name in sorted(glob.glob("*.pdf")):
    fields = dict(re.match(r"([^:]+):\s*(.*)", line).groups() for line in run("pdfinfo", "-isodates", name).splitlines() if ":" in line)
    files = []
    for number, file in re.findall(r"^(\d+): (.*)$", run("pdfdetach", "-list", name), re.M):
        with tempfile.NamedTemporaryFile() as out:
            run("pdfdetach", "-save", number, "-o", out.name, name)
            files.append([file, hashlib.sha256(open(out.name, "rb").read()).hexdigest()])
    kept = ["Title", "Author", "Creator", "Producer", "CreationDate", "ModDate", "Pages", "PDF version"]
    links = re.findall(r"^ *\d+  \S+ *(\S+)$", run("pdfinfo", "-url", name), re.M)
    expected[name] = {
        "fields": {key: fields[key] for key in kept if key in fields},
        "encrypted": fields.get("Encrypted", "unknown").split(" ")[0],
        "files": files,
        "links": links,
    }
with open("expected.json", "w") as out:
    json.dump(expected, out, indent=1, ensure_ascii=False)
    out.write("\n")
