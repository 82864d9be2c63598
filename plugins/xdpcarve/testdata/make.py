"""Writes form.xdp: an XDP document with a PDF document in base64, as Acrobat writes it, and expected.json by Python's own XML parser."""
import base64
import hashlib
import json
import xml.dom.minidom

PDF = b"""%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [] /Count 0 >> endobj
trailer << /Root 1 0 R >>
%%EOF
"""
chunk = base64.encodebytes(PDF).decode()
document = f"""<?xml version="1.0" encoding="UTF-8"?>
<?xfa generator="XFA2_4" APIVersion="2.6.7120.0"?>
<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/">
<xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data><note>a &amp; b &#233;</note></xfa:data></xfa:datasets>
<!-- <chunk>not this one</chunk> -->
<pdf xmlns="http://ns.adobe.com/xdp/pdf/">
<document>
<chunk>
{chunk}</chunk>
</document>
</pdf>
<script contentType="application/x-javascript"><![CDATA[if (a < b) app.alert("</script> no");]]></script>
<image contentType="image/png" name="C:\\dir\\pixel.png">iVBORw0KGgo=</image>
</xdp:xdp>
"""
open("form.xdp", "w").write(document)
parsed = xml.dom.minidom.parseString(document)
expected = {}
for name in ["chunk", "note", "script", "image"]:
    text = "".join(child.data for child in parsed.getElementsByTagName(name)[0].childNodes)
    content = base64.b64decode(text) if name in ("chunk", "image") else text.encode()
    expected[name] = hashlib.sha256(content).hexdigest()
json.dump(expected, open("expected.json", "w"), indent=1)
