# hello.xlsm: XlsxWriter's example vbaProject.bin, which Excel wrote, in a workbook with properties.
#   /usr/bin/python3 make_hello.py vbaProject.bin hello.xlsm
import sys
import xlsxwriter

workbook = xlsxwriter.Workbook(sys.argv[2])
sheet = workbook.add_worksheet()
sheet.write("A1", "macro")
sheet.write_url("A2", "https://example.com/page")
workbook.set_properties({"title": "Hello macro", "author": "stoQ tests", "comments": "made with XlsxWriter"})
workbook.add_vba_project(sys.argv[1])
workbook.close()
