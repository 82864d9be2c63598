#!/bin/sh
# Makes the archives of this folder that are not taken from packages. Debian 12; what each command comes from is in README.md.
set -e
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
export TZ=UTC LC_ALL=C.UTF-8
mkdir -p tree/docs tree/empty-directory
printf 'hello, archive\n' > tree/hello.txt
printf 'deep\n' > tree/docs/read-me.txt
printf 'umlaut\n' > "tree/docs/$(printf 'n\303\244me with spaces.txt')"
: > tree/empty.txt
seq 1 900 > tree/numbers.txt
find tree -exec touch -d '2024-02-29 12:34:56' {} +

zip -qrX tree.zip tree
zip -qrX -P infected tree-zipcrypto.zip tree
7z a -bd -tzip -mem=AES256 -ppassword tree-aes.zip tree > /dev/null
7z a -bd -pinfected tree-encrypted.7z tree > /dev/null
7z a -bd -pinfected -mhe=on tree-encrypted-header.7z tree > /dev/null
7z a -bd -psomething-else unknown-password.zip tree > /dev/null
7z a -bd tree.7z tree > /dev/null
7z a -bd -twim tree.wim tree > /dev/null
bsdtar --format=xar -cf tree.xar tree
jlha a tree.lzh tree > /dev/null
find tree | sort | cpio --quiet -o -H newc > tree.cpio
(cd tree && ar rc "$work/tree.a" hello.txt numbers.txt)
mksquashfs tree tree.squashfs -quiet -no-progress -all-root > /dev/null
genisoimage -quiet -J -R -udf -V TREE -o tree-udf.iso tree
genisoimage -quiet -J -R -V TREE -o tree.iso tree
gzip -n9 tree-udf.iso tree.iso
(cd tree && gcab -c "$work/tree.cab" hello.txt numbers.txt)

cp -r tree linked
ln -s /nonexistent/target linked/dangling
ln linked/hello.txt linked/hard
tar --owner=0 --group=0 --sort=name -cf links.tar linked
tar --owner=0 --group=0 --sort=name -cf tree.tar tree
gzip -nk tree.tar
bzip2 -k tree.tar
xz -k tree.tar
xz -k --format=lzma tree.tar
zstd -q tree.tar
compress < tree.tar > tree.tar.Z
(cd tree && gzip -kc numbers.txt > "$work/named.gz")
printf hello | xz -c --lzma2=dict=1536MiB > dictionary.xz

mkdir -p deb/DEBIAN deb/usr/share/tree
cp tree/hello.txt deb/usr/share/tree/
printf 'Package: tree\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.com>\nDescription: a sample\n' > deb/DEBIAN/control
dpkg-deb --root-owner-group -b deb tree.deb > /dev/null
printf 'Name: tree\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\nBuildArch: noarch\n%%description\nd\n%%install\nmkdir -p %%{buildroot}/usr/share/tree; cp %s/tree/hello.txt %%{buildroot}/usr/share/tree\n%%files\n/usr/share/tree\n' "$work" > tree.spec
rpmbuild --quiet -bb --define "_topdir $work/rpm" --define "_buildhost localhost" tree.spec > /dev/null 2>&1
cp rpm/RPMS/noarch/tree-1-1.noarch.rpm tree.rpm
find . -maxdepth 1 -type f ! -name '*.spec' -exec cp {} "$here/" \;
rm -rf "$work"
