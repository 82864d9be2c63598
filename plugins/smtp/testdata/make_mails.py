"""Makes the mails in made/ with Python's email package: python3 make_mails.py"""
import mailbox
import os
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

os.makedirs("made", exist_ok=True)
out = policy.SMTP


def save(name, message):
    with open(f"made/{name}", "wb") as file:
        file.write(message if isinstance(message, bytes) else message.as_bytes(policy=out))


def start(subject):
    message = EmailMessage()
    message["Received"] = "from mx.example.net (mx.example.net [198.51.100.7]) by mail.example.org; Mon, 1 Jan 2024 10:00:00 +0000"
    message["Received"] = "from [203.0.113.9] by mx.example.net; Mon, 1 Jan 2024 09:59:59 +0000"
    message["From"] = "Müller <mueller@example.org>"
    message["To"] = "a@example.com, b@example.com"
    message["Subject"] = subject
    message["Date"] = "Mon, 01 Jan 2024 10:00:00 +0000"
    message["Message-ID"] = "<1@example.org>"
    return message


gif = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")

# Alternative bodies with an inline image and an invitation; attachments of many kinds.
message = start("Überweisung – Rechnung Nr. 4711, bitte umgehend begleichen, sonst folgt eine Mahnung")
message.set_content("Bitte öffnen: http://evil.example.net/rechnung?u=http%3A%2F%2Ftarget.example.com%2F\n")
message.add_alternative("<html><body>Bitte <a href='http://evil.example.net/'>öffnen</a><img src='cid:logo'></body></html>", subtype="html")
message.get_payload()[1].add_related(gif, "image", "gif", cid="<logo>", filename="logo.gif", disposition="inline")
message.attach(MIMEText("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n", "calendar"))
message.make_mixed()
message.add_attachment("<script>location='http://evil.example.net/'</script>", subtype="html", filename="Rechnung.html")
message.add_attachment(b"%PDF-1.4\n", maintype="application", subtype="pdf", filename="Rechnung für März 2024.pdf")
message.add_attachment(b"\x78\x9f\x3e\x22\x01\x00", maintype="application", subtype="ms-tnef", filename="winmail.dat")
message.add_attachment("second text\n", filename="notes.txt")
save("attachments.eml", message)

# A mail in a mail in a mail, and signed.
inner = start("inner")
inner.set_content("innermost\n")
inner.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="a.exe")
middle = start("middle")
middle.set_content("middle\n")
middle.add_attachment(inner)
outer = start("outer")
outer.set_content("outer\n")
outer.add_attachment(middle, filename="forwarded.eml")
outer.add_attachment(b"0\x80", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
save("nested.eml", outer)

# A mailbox of three.
if os.path.exists("made/three.mbox"):
    os.remove("made/three.mbox")
box = mailbox.mbox("made/three.mbox")
for i in range(3):
    mail = mailbox.mboxMessage(start(f"mail {i}"))
    mail.set_from("a@example.org", (2024, 1, 1, 10, 0, i, 0, 1, 0))
    mail.set_payload(f"From here on: mail {i}\n\nFrom paragraph, not a separator\n")
    box.add(mail)
box.close()

# Headers and bodies whose charsets are wrong, missing or unknown.
save("charsets.eml", b"""From: =?iso-8859-1?Q?J=FCrgen?= =?utf-8?B?IMOc?= <j@example.org>
Subject: =?utf-8?B?w5xiZXLDvA==?=
 =?utf-8?Q?berschrift_?= =?gb2312?B?xOO6ww==?= =?x-nonsense?Q?a=FCb?=
X-Raw: gr\xc3\xbc\xc3\x9fe
X-Latin: gr\xfc\xdfe
Body: hidden
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

gr\xc3\xbc\xc3\x9fe
--b
Content-Type: text/html; charset="x-unknown-charset"
Content-Transfer-Encoding: quoted-printable

<p>gr=FC=DFe</p>
--b
Content-Type: application/octet-stream; name="=?utf-8?Q?pr=C3=BCfung=2Eexe?="
Content-Transfer-Encoding: base64
Content-Disposition: attachment

TVqQ
A!!A==
--b
Content-Type: application/zip
Content-Disposition: attachment; filename*0*=iso-8859-1'de'ein%20l%E4ngerer;
 filename*1=" Name"; filename*2*=%2ezip

PK
--b--
""")

# uuencoded files in the text of a mail.
import binascii
def uu(name, data):
    return (f"begin 644 {name}\n".encode() + b"".join(binascii.b2a_uu(data[i:i + 45]) for i in range(0, len(data), 45)) + b"`\nend\n")
save("uuencoded.eml", b"From: a@example.org\nSubject: two files\n\nhello\n" + uu("eins.bin", bytes(range(100))) + b"between\n" +
     uu("zwei datei.txt", b"text\n") + b"begin 644 is no file here\nbye\n")
