#!/bin/sh
# Writes the archives, with Info-ZIP 3.0, 7-Zip 22.01 and Python 3.11, then expected.json.
set -e
export TZ=UTC
work=$(mktemp -d)
here=$PWD
cd "$work"
mkdir d
printf 'hello hello hello hello\n' > a.txt
seq 1 3000 > d/numbers.txt
chmod 755 a.txt
touch -d 2024-01-02T03:04:06 a.txt d/numbers.txt d
printf 'about this archive' | zip -q -X -z infozip.zip a.txt d d/numbers.txt > /dev/null
zip -q unix.zip a.txt d/numbers.txt
cat d/numbers.txt | zip -q - - | cat > streamed.zip
7z a -tzip -mtc=on -bso0 ntfs.zip a.txt d
7z a -tzip -psecret -mem=AES256 -bso0 aes.zip a.txt
cd "$here"
mv "$work"/*.zip .
python3 make.py
