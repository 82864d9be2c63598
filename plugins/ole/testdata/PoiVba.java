import java.io.File;
import java.security.MessageDigest;
import java.util.Map;
import org.apache.poi.poifs.macros.VBAMacroReader;

/** Prints name, type and SHA-256 (of the UTF-8 source) of every VBA module, by Apache POI. */
public class PoiVba {
  public static void main(String[] files) throws Exception {
    System.out.println("{");
    for (int i = 0; i < files.length; i++) {
      System.out.println("  \"" + new File(files[i]).getName() + "\": {");
      String separator = "";
      for (Map.Entry<String, org.apache.poi.poifs.macros.Module> entry : new VBAMacroReader(new File(files[i])).readMacroModules().entrySet()) {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(entry.getValue().getContent().getBytes("UTF-8"));
        StringBuilder hex = new StringBuilder();
        for (byte b : digest) hex.append(String.format("%02x", b));
        System.out.print(separator + "    \"" + entry.getKey() + "\": { \"type\": \"" + entry.getValue().geModuleType() + "\", \"sha256\": \"" + hex + "\" }");
        separator = ",\n";
      }
      System.out.println("\n  }" + (i + 1 < files.length ? "," : ""));
    }
    System.out.println("}");
  }
}
