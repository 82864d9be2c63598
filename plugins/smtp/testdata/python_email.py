"""Writes what Python's email package says about mails as JSON: python3 python_email.py FILE ... > python_email.json"""
import email.header, hashlib, json, os, sys
from email import policy
from email.parser import BytesFeedParser


def decode(word, charset):
    try:
        return word.decode(charset or "ascii", "replace")
    except LookupError:
        return word.decode("cp1252", "replace")


def leaves(part, path):
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for i, child in enumerate(part.get_payload()):
            yield from leaves(child, path + [str(i + 1)])
    else:
        yield ".".join(path), part


def content(part):
    if part.is_multipart():  # message/*
        return None
    return part.get_payload(decode=True)


out = {}
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        parser = BytesFeedParser(policy=policy.compat32)  # keeps the line ends
        parser.feed(file.read())
        message = parser.close()
    headers = {}
    for key, value in message.items():
        headers.setdefault(key.lower(), []).append(
            "".join(w if isinstance(w, str) else decode(w, c)
                    for w, c in email.header.decode_header(str(value).replace("\r", "").replace("\n", ""))))
    out[os.path.basename(name)] = {
        "headers": headers,
        "leaves": [{
            "part": path,
            "type": part.get_content_type(),
            "filename": part.get_filename(),
            "disposition": part.get_content_disposition(),
            "sha256": None if (data := content(part)) is None else hashlib.sha256(data).hexdigest(),
            "size": None if data is None else len(data),
        } for path, part in leaves(message, [])],
    }
json.dump(out, sys.stdout, indent=1, ensure_ascii=False)
print()
