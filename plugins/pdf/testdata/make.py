"""Writes active.pdf, updated.pdf, broken.pdf and filters.pdf: documents that no program makes, byte by byte the same each time."""
import base64
import zlib

JS_NAMED = "app.alert('named');"
JS_STREAM = "var s = unescape('%u9090'); this.exportDataObject({cName: 'x'});"
XDP = b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template><script contentType="application/x-javascript">xfa.host.messageBox("hi")</script></template></xdp:xdp>'


def stream(entries, data):
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


def write(name, objects, trailer, header=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", startxref=None):
    out = bytearray(header)
    offsets = {}
    for number, body in objects:
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at = len(out)
    size = max(offsets) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 00000 f \n"
    out += b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, at if startxref is None else startxref)
    with open(name, "wb") as file:
        file.write(out)
    return out, at


ACTIVE = [
    (1, b"<< /Type /Catalog /Pages 2 0 R /OpenAction 4 0 R /Names << /JavaScript << /Names [(first) 5 0 R] >> >> /AcroForm << /XFA [(template) 7 0 R (end) 8 0 R] /Fields [] >> /AA << /WC 9 0 R >> >>"),
    (2, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
    (3, b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /AA << /O << /S /Launch /Win << /F (cmd.exe) /P (/c calc.exe) >> >> >> /Annots [10 0 R 11 0 R 12 0 R] >>"),
    (4, b"<< /S /J#61vaScript /JS 6 0 R >>"),
    (5, b"<< /S /JavaScript /JS (" + JS_NAMED.replace("(", "\\(").replace(")", "\\)").encode() + b") >>"),
    (6, stream(b"/Filter /FlateDecode", zlib.compress(JS_STREAM.encode()))),
    (7, stream(b"/Filter /FlateDecode", zlib.compress(XDP[:60]))),
    (8, stream(b"", XDP[60:])),
    (9, b"<< /S /SubmitForm /F << /Type /Filespec /FS /URL /F (http://example.com/submit) >> >>"),
    (10, b"<< /Type /Annot /Subtype /Link /Rect [0 0 10 10] /A << /S /URI /URI (http://example.com/a\\050b\\051) >> >>"),
    (11, b"<< /Type /Annot /Subtype /Link /Rect [0 0 10 10] /A << /S /GoToR /F (\\\\\\\\server\\\\share\\\\x.pdf) /D [0 /Fit] >> >>"),
    (12, b"<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS << /Type /Filespec /F (dir/evil.exe) /EF << /F 13 0 R >> >> >>"),
    (13, stream(b"/Type /EmbeddedFile /Filter /ASCIIHexDecode", b"4D5A9000>")),
    (14, b"<< /Title <FEFF00E90074> /Author (J\\351r\\364me) /CreationDate (D:20200102030405+01'30') /ModDate (D:2021) /Own (x) >>"),
]
data, xref = write("active.pdf", ACTIVE, b"/Root 1 0 R /Info 14 0 R /ID [<00112233> <AABBCCDD>]")

# An incremental update that replaces the script, with data after the end.
offset = len(data)
update = b"6 0 obj\n" + stream(b"", b"app.alert('new');") + b"\nendobj\n"
table = offset + len(update)
update += b"xref\n6 1\n%010d 00000 n \ntrailer\n<< /Size 15 /Root 1 0 R /Info 14 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (offset, xref, table)
with open("updated.pdf", "wb") as file:
    file.write(bytes(data) + update + b"MZ after the end")

# No startxref that leads anywhere, wrong length, no endstream, no trailer that can be read, and bytes before the header.
broken = [
    (1, b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS 4 0 R >> >>"),
    (2, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
    (3, b"<< /Type /Page /Parent 2 0 R"),
    (4, b"<< /Filter /FlateDecode /Length 999999 >>\nstream\n" + zlib.compress(JS_STREAM.encode())[:-4]),
]
write("broken.pdf", broken, b"/Root 1 0 R", header=b"junk\n%PDF-1.4\n", startxref=77777)


def ascii85(data):
    return base64.a85encode(data) + b"~>"


def run_length(data):
    out = bytearray()
    for at in range(0, len(data), 128):
        part = data[at:at + 128]
        out += bytes([len(part) - 1]) + part
    return bytes(out + b"\x80")


def lzw(data):
    """Codes of ISO 32000-1 section 7.4.4 with EarlyChange 1."""
    table = {bytes([i]): i for i in range(256)}
    bits, width, codes, word = [], 9, 258, b""

    def emit(code):
        bits.append(format(code, "0%db" % width))

    emit(256)
    for byte in data:
        longer = word + bytes([byte])
        if longer in table:
            word = longer
            continue
        emit(table[word])
        table[longer] = codes
        codes += 1
        width = 9 if codes < 512 else 10 if codes < 1024 else 11 if codes < 2048 else 12
        if codes == 4095:
            emit(256)
            table = {bytes([i]): i for i in range(256)}
            width, codes = 9, 258
        word = bytes([byte])
    emit(table[word])
    codes += 1
    width = 9 if codes < 512 else 10 if codes < 1024 else 11 if codes < 2048 else 12
    emit(257)
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def png(data, row, kinds):
    out, before = bytearray(), bytes(row)
    for y in range(0, len(data), row):
        line = data[y:y + row]
        kind = kinds[(y // row) % len(kinds)]
        out.append(kind)
        for x in range(row):
            left = line[x - 1] if x else 0
            up, corner = before[x], before[x - 1] if x else 0
            guess = left + up - corner
            a, b, c = abs(guess - left), abs(guess - up), abs(guess - corner)
            paeth = left if a <= b and a <= c else up if b <= c else corner
            out.append((line[x] - [0, left, up, (left + up) // 2, paeth][kind]) % 256)
        before = line
    return bytes(out)


PLAIN = bytes((i * i + i // 7) % 251 for i in range(6000))
FILTERS = [
    (b"/Filter [/A85 /Fl]", ascii85(zlib.compress(PLAIN))),
    (b"/Filter /LZWDecode", lzw(PLAIN)),
    (b"/Filter [/AHx /RunLengthDecode]", run_length(PLAIN).hex().encode() + b">"),
    (b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 60 >>", zlib.compress(png(PLAIN, 60, [0, 1, 2, 3, 4]))),
    (b"/Filter /FlateDecode /DecodeParms << /Predictor 2 /Columns 60 >>", zlib.compress(bytes((PLAIN[i] - (PLAIN[i - 1] if i % 60 else 0)) % 256 for i in range(6000)))),
    (b"", PLAIN),
]
objects = [(1, b"<< /Type /Catalog /Pages 2 0 R >>"), (2, b"<< /Type /Pages /Kids [] /Count 0 >>")]
objects += [(3 + i, stream(entries, data)) for i, (entries, data) in enumerate(FILTERS)]
write("filters.pdf", objects, b"/Root 1 0 R")
