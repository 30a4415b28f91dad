import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Converts a light skeleton of bpftool (a C header) to the file that ProgramBlob reads. */
final class Pack {
  private static final int MAGIC = 0x54425046; // "TBPF"
  private static final Pattern ITEM =
      Pattern.compile("struct (bpf_map_desc|bpf_prog_desc) (\\w+);");

  public static void main(String[] args) throws IOException {
    String header = Files.readString(Path.of(args[0]), StandardCharsets.ISO_8859_1);
    List<String> maps = new ArrayList<>();
    List<String> programs = new ArrayList<>();
    Matcher items = ITEM.matcher(header);
    while (items.find()) {
      (items.group(1).equals("bpf_map_desc") ? maps : programs).add(items.group(2));
    }
    try (OutputStream file = Files.newOutputStream(Path.of(args[1]));
        DataOutputStream out = new DataOutputStream(file)) {
      out.writeInt(MAGIC);
      names(out, maps);
      names(out, programs);
      bytes(out, literal(header, "opts.data = "));
      bytes(out, literal(header, "opts.insns = "));
    }
  }

  private static void names(DataOutputStream out, List<String> names) throws IOException {
    out.writeShort(names.size());
    for (String n : names) {
      out.writeUTF(n);
    }
  }

  private static void bytes(DataOutputStream out, byte[] b) throws IOException {
    out.writeInt(b.length);
    out.write(b);
  }

  /** Bytes of the string of hexadecimal escapes that follows an assignment. */
  private static byte[] literal(String header, String assignment) {
    int at = header.indexOf(assignment);
    if (at < 0) {
      throw new IllegalArgumentException("the skeleton has no " + assignment);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = header.indexOf('"', at) + 1; header.charAt(i) != '"'; ) {
      if (header.charAt(i) != '\\') {
        throw new IllegalArgumentException("not an escape at offset " + i);
      }
      switch (header.charAt(i + 1)) {
        case '\n' -> i += 2;
        case '0' -> {
          out.write(0);
          i += 2;
        }
        case 'x' -> {
          out.write(Integer.parseInt(header.substring(i + 2, i + 4), 16));
          i += 4;
        }
        default -> throw new IllegalArgumentException("unknown escape at offset " + i);
      }
    }
    return out.toByteArray();
  }
}
