"""Writes what tnef says about files as JSON: python3 tnef_list.py FILE ... > tnef_list.json"""
import hashlib, json, os, subprocess, sys, tempfile

out = {}
for name in sys.argv[1:]:
    command = ["tnef", "--ignore-checksum", "-f", name]
    listing = subprocess.run([*command, "--list", "-v"], check=True, capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*command, "-C", folder, "--save-body=body", "--body-pref=r"], check=True)
        files = {}
        for entry in sorted(os.listdir(folder)):
            with open(os.path.join(folder, entry), "rb") as file:
                files[entry] = hashlib.sha256(file.read()).hexdigest()
    rows = [[cell.strip() for cell in line.split("|")] for line in listing.splitlines()]
    out[os.path.basename(name)] = {
        "attachments": [{"size": int(row[0]), "modified": row[1], "filename": row[2]} for row in rows if len(row) > 2],
        "sha256": files,
    }
json.dump(out, sys.stdout, indent=1)
print()
