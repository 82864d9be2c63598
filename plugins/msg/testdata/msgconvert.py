"""Writes what msgconvert says about .msg files as JSON: python3 msgconvert.py FILE ... > msgconvert.json"""
import email, hashlib, json, os, subprocess, sys
from email import policy


def describe(message):
    headers = {key: str(message[key]) for key in ("Subject", "From", "To", "Cc", "Message-Id") if message[key] is not None}
    parts = []
    for part in message.iter_parts():
        if part.get_content_type() == "multipart/alternative":
            # msgconvert begins the RTF dictionary with LF CR, where [MS-OXRTFCP] and tnef have CR LF.
            headers["bodies"] = {p.get_content_type():
                                 hashlib.sha256(p.get_payload(decode=True).replace(b"\n\r", b"\r\n")).hexdigest()
                                 for p in part.iter_parts()}
        else:
            data = part.get_payload(decode=True)
            parts.append({"filename": part.get_filename(), "type": part.get_content_type(),
                          "sha256": None if data is None else hashlib.sha256(data).hexdigest()})
    return {**headers, "received": len(message.get_all("Received", [])), "parts": parts}


out = {}
for name in sys.argv[1:]:
    mail = subprocess.run(["msgconvert", "--outfile", "-", name], check=True, capture_output=True).stdout
    out[os.path.basename(name)] = describe(email.message_from_bytes(mail, policy=policy.default))
json.dump(out, sys.stdout, indent=1, ensure_ascii=False)
print()
