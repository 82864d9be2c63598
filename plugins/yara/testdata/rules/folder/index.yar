/* include "not_this.yar" */
// include "nor_this.yar"
rule before { strings: $a = "Accept: */*" $b = /\/\/ include "x"/ condition: none of them and filesize == 4 }
include "lib/included.yar"
include "part.yar" rule after { condition: included_rule and part }
