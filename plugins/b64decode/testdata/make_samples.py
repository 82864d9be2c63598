"""Makes the samples and expected.json: offset, size and SHA-256 of each piece of base64, as Python's base64 and openssl decode it."""
import base64, email.mime.application, hashlib, json, os, subprocess

here = os.path.dirname(os.path.abspath(__file__))
path = lambda name: os.path.join(here, name)
png = open("/usr/share/doc/python3-xlsxwriter/examples/python.png", "rb").read()
program = open("/bin/true", "rb").read()[:6000]
expected = {}

def sample(name, content, *pieces):
    open(path(name), "wb").write(content)
    expected[name] = [{"offset": content.index(encoded), "size": len(decoded), "sha256": hashlib.sha256(decoded).hexdigest()}
                      for encoded, decoded in pieces]

lines = base64.encodebytes(program)
sample("wrapped.b64", lines, (lines[:40], program))
one = base64.b64encode(png)
sample("one_line.b64", one + b"\n", (one, png))
url = base64.urlsafe_b64encode(program).rstrip(b"=")
sample("url_safe.b64", url, (url, program))
part = email.mime.application.MIMEApplication(png, name="python.png").as_bytes()
sample("part.eml", part, (base64.encodebytes(png)[:40], png))
svg = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="data:image/png;base64,' + one + b'"/><image href="data:text/plain;base64,aGk="/></svg>\n'
sample("image.svg", svg, (one, png), (b"aGk=", b"hi"))
command = "Get-ChildItem -Recurse | Where-Object { $_.Length -gt 1MB }; Write-Output 'done'".encode("utf-16-le")
encoded = base64.b64encode(command)
script = b"@echo off\r\npowershell -NoProfile -EncodedCommand " + encoded + b"\r\n"
sample("command.cmd", script, (encoded, command))
wide = b"\xff\xfe" + script.decode().encode("utf-16-le")
open(path("command_utf16.cmd"), "wb").write(wide)
expected["command_utf16.cmd"] = [{**expected["command.cmd"][0], "offset": 2 + 2 * expected["command.cmd"][0]["offset"]}]
pem = open("/usr/share/ca-certificates/mozilla/ISRG_Root_X1.crt", "rb").read()
der = subprocess.run(["openssl", "x509", "-outform", "DER"], input=pem, capture_output=True, check=True).stdout
sample("ISRG_Root_X1.pem", pem, (pem.split(b"\n")[1], der))
with open(path("expected.json"), "w") as file: json.dump(expected, file, indent=2); file.write("\n")
