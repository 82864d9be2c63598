#!/bin/sh
# Writes what javap of OpenJDK 17 says of each class: constants, versions, names, flags and descriptors.
for class in *.class; do
  javap -v -p "$class" | grep -E '^ *#[0-9]+ = |^  (minor|major|flags|this_class|super_class|interfaces)|^    (descriptor|flags):|^SourceFile' \
    | sed 's,  *// .*,,; s/ *$//' > "${class%.class}.javap.txt"
done
