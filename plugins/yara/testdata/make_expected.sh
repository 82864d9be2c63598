#!/bin/sh
# Matches of Debian's yara on the samples, one file a rule set: run in this folder, with the Debian package yara installed.
for rules in worker dispatch; do
  for sample in clam*; do
    echo "# $sample"
    yara -w -s -L ../rules/$rules.yar "$sample"
  done > "$rules.expected.txt"
done
