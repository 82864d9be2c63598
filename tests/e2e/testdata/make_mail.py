"""Writes invoice.eml: a mail with a ZIP file in which is a ZIP file in which is a program."""
import io
import sys
import zipfile
from email.message import EmailMessage
from email.policy import SMTP


def zipped(name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        member = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
        member.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(member, content)
    return out.getvalue()


program = open(sys.argv[1], "rb").read()
mail = EmailMessage(policy=SMTP)
mail["Date"] = "Wed, 01 Jan 2020 00:00:00 +0000"
mail["From"] = "Accounts <accounts@example.net>"
mail["To"] = "ann@example.org"
mail["Subject"] = "Invoice 4711"
mail["Message-ID"] = "<4711@example.net>"
mail.set_content("Please find the invoice attached.\n")
outer = zipped("april/invoice.zip", zipped("scan/invoice.exe", program))
mail.add_attachment(outer, maintype="application", subtype="zip", filename="invoices.zip")
mail.set_boundary("=-invoice")
open("invoice.eml", "wb").write(bytes(mail))
