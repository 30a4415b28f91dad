package dev.tethys.collect.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * Unpacks the plain-text archives in which fixtures of /sys are kept: records of {@code Path:} or
 * {@code Directory:}, then {@code Lines:} with that many lines or {@code SymlinkTo:}, then {@code
 * Mode:}. NULLBYTE and EOF mean what their names say; EOF at the end of a file says that its last
 * line has no line feed.
 */
final class Ttar {
  private Ttar() {}

  static void unpack(Path archive, Path to) throws IOException {
    List<String> lines = Files.readAllLines(archive, java.nio.charset.StandardCharsets.ISO_8859_1);
    Path current = to;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith("Directory: ")) {
        current = to.resolve(line.substring(11));
        Files.createDirectories(current);
      } else if (line.startsWith("Path: ")) {
        current = to.resolve(line.substring(6));
        Files.createDirectories(current.getParent());
      } else if (line.startsWith("SymlinkTo: ")) {
        Files.createSymbolicLink(current, Path.of(line.substring(11)));
      } else if (line.startsWith("Lines: ")) {
        int n = Integer.parseInt(line.substring(7));
        StringBuilder sb = new StringBuilder();
        for (int k = 0; k < n; k++) {
          sb.append(lines.get(++i)).append('\n');
        }
        String content = sb.toString().replaceAll("(?<!\\\\)NULLBYTE", "\0");
        if (content.endsWith("EOF\n") && !content.endsWith("\\EOF\n")) {
          content = content.substring(0, content.length() - 4);
        }
        content = content.replace("\\NULLBYTE", "NULLBYTE").replace("\\EOF", "EOF");
        Files.writeString(current, content, java.nio.charset.StandardCharsets.ISO_8859_1);
      } else if (line.startsWith("Mode: ") && Files.isRegularFile(current)) {
        Files.setPosixFilePermissions(current, permissions(line.substring(6)));
      }
    }
  }

  private static java.util.Set<java.nio.file.attribute.PosixFilePermission> permissions(
      String mode) {
    int m = Integer.parseInt(mode, 8);
    StringBuilder sb = new StringBuilder();
    for (int bit = 8; bit >= 0; bit--) {
      sb.append((m >> bit & 1) == 0 ? '-' : "rwx".charAt((8 - bit) % 3));
    }
    return PosixFilePermissions.fromString(sb.toString());
  }
}
