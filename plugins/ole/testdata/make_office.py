# Run with the system's Python while LibreOffice listens:
#   soffice --headless --norestore --accept="socket,host=127.0.0.1,port=2002;urp;" &
#   /usr/bin/python3 make_office.py FOLDER   (a full path, with hello.xlsm of make_hello.py in it)
import sys, time, uno
from com.sun.star.beans import PropertyValue
from com.sun.star.text.TextContentAnchorType import AS_CHARACTER

OUT = sys.argv[1]
MACRO = '''Sub AutoOpen()
    Dim path As String
    path = Environ("TEMP") & "\\stoq-test.txt"
    Open path For Output As #1
    Print #1, "a test of stoQ: ""quoted"" text, and an accent: \u00e9"
    Close #1
    Shell "notepad.exe " & path, vbNormalFocus
End Sub
''' + "".join("Function Filler%d(x)\n    Filler%d = x + %d ' so that the source needs copy tokens\nEnd Function\n" % (i, i, i) for i in range(120))

def prop(name, value):
    p = PropertyValue(); p.Name = name; p.Value = value; return p

local = uno.getComponentContext()
resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
for _ in range(60):
    try:
        ctx = resolver.resolve("uno:socket,host=127.0.0.1,port=2002;urp;StarOffice.ComponentContext"); break
    except Exception: time.sleep(1)
desktop = ctx.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", ctx)
def save(doc, name, flt, *more):
    doc.storeToURL("file://%s/%s" % (OUT, name), (prop("FilterName", flt),) + more)

# A Writer document with properties and an embedded spreadsheet.
doc = desktop.loadComponentFromURL("private:factory/swriter", "_blank", 0, (prop("Hidden", True),))
p = doc.getDocumentProperties()
p.Title = "Quarterly r\u00e9sum\u00e9"; p.Author = "stoQ tests"; p.Subject = "subject"; p.Description = "comment"; p.Keywords = ("one", "two")
p.getUserDefinedProperties().addProperty("Department", 128, "Analysis")
doc.Text.String = "A document with an embedded spreadsheet."
obj = doc.createInstance("com.sun.star.text.TextEmbeddedObject")
obj.CLSID = "47BBB4CB-CE4C-4E80-a591-42d9ae74950f"; obj.AnchorType = AS_CHARACTER
doc.Text.insertTextContent(doc.Text.getEnd(), obj, False)
save(doc, "embedded.doc", "MS Word 97"); save(doc, "embedded.docx", "MS Word 2007 XML"); save(doc, "embedded.rtf", "Rich Text Format")
doc.close(True)

# A workbook whose VBA module is replaced: LibreOffice writes a vbaProject.bin of its own.
doc = desktop.loadComponentFromURL("file://%s/hello.xlsm" % OUT, "_blank", 0, (prop("Hidden", True), prop("MacroExecutionMode", 4)))
libs = doc.BasicLibraries
lib = libs.getByName("VBAProject")
lib.replaceByName("Module1", "Option VBASupport 1\n" + MACRO)
save(doc, "autoopen.xlsm", "Calc MS Excel 2007 VBA XML"); save(doc, "autoopen.xls", "MS Excel 97")
doc.close(True)
try: desktop.terminate()
except Exception: pass
