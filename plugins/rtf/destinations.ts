/**
 * Control words that open a destination, from the tables of the Rich Text Format Specification 1.9.1.
 *
 * Text after one of them belongs to that destination and not to the object data around it; any other word leaves the
 * text where it was. Words that Word takes for plain values although the tables list them are left out (`private`).
 */
export const DESTINATIONS: ReadonlySet<string> = new Set(
  `aftncn aftnsep aftnsepc annotation atnauthor atndate atnid atnparent atnref atrfend atrfstart author background
  bkmkend bkmkstart blipuid buptim category colorschememapping colortbl comment company creatim datafield datastore
  defchp defpap do doccomm docvar dptxbxtext ebcend ebcstart factoidname falt fchars ffdeftext ffentrymcr ffexitmcr
  ffformat ffhelptext ffl ffname ffstattext field file filetbl fldinst fldrslt fldtype fontemb fonttbl footer footerf
  footerl footerr footnote formfield ftncn ftnsep ftnsepc g generator gridtbl header headerf headerl headerr hl hlfr
  hlinkbase hlloc hlsrc hsv info keywords latentstyles lchars levelnumbers leveltext lfolevel linkval list listlevel
  listname listoverride listoverridetable listpicture liststylename listtable listtext lsdlockedexcept mailmerge
  manager margSz nesttableprops nonesttables objalias objclass objdata object objname objsect oldcprops oldpprops
  oldsprops oldtprops oleclsid operator panose password passwordhash pgp pgptbl picprop pict pn pnaiu pnaiud pnseclvl
  pntext pntxta pntxtb printim propname protend protstart protusertbl result revtbl revtim rxe shp shpgrp shpinst
  shppict shprslt shptxt sn sp staticval stylesheet subject sv svb tc template themedata title txe ud upr userprops
  wgrffmtfilter windowcaption writereservation writereservhash xe xform xmlattrname xmlattrvalue xmlclose xmlname
  xmlnstbl xmlopen`.split(/\s+/),
);
