package dev.tethys.pipeline.postgresql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Password file in the format of PostgreSQL's {@code .pgpass} (documentation, "The Password File").
 * Lines are {@code host:port:database:user:password}; the first match counts. An asterisk matches
 * everything, a backslash escapes colons and backslashes. The file must not be readable by other
 * users.
 */
final class PassFile {
  private static final Set<PosixFilePermission> OF_OTHERS =
      Set.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.GROUP_EXECUTE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);
  private static final int FIELDS = 5;

  private PassFile() {}

  /**
   * Looks up a password; the file is read each time.
   *
   * @param host host and port, {@code host:5432}; the port defaults to 5432
   * @return null if no line matches
   * @throws IOException if the file cannot be read, or is accessible to others
   */
  static @Nullable String password(Path file, String host, String database, String user)
      throws IOException {
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Set<PosixFilePermission> p = Files.getPosixFilePermissions(file);
      if (p.stream().anyMatch(OF_OTHERS::contains)) {
        throw new IOException(file + " is accessible to other users; run chmod 600 on it");
      }
    }
    int colon = host.lastIndexOf(':');
    boolean isPort = colon > host.lastIndexOf(']');
    String name = isPort ? host.substring(0, colon) : host;
    List<String> wanted =
        List.of(
            name.startsWith("[") ? name.substring(1, name.length() - 1) : name,
            isPort ? host.substring(colon + 1) : "5432",
            database,
            user);
    for (String line : Files.readAllLines(file)) {
      List<String> has = line.startsWith("#") ? List.of() : fields(line);
      if (has.size() == FIELDS && fits(has, wanted)) {
        return plain(has.getLast());
      }
    }
    return null;
  }

  private static boolean fits(List<String> has, List<String> wanted) {
    for (int i = 0; i < wanted.size(); i++) {
      if (!has.get(i).equals("*") && !plain(has.get(i)).equals(wanted.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Splits into at most five fields: the password may contain unescaped colons. */
  private static List<String> fields(String line) {
    List<String> out = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < line.length() && out.size() < FIELDS - 1; i++) {
      if (line.charAt(i) == '\\') {
        i++;
      } else if (line.charAt(i) == ':') {
        out.add(line.substring(from, i));
        from = i + 1;
      }
    }
    out.add(line.substring(from));
    return out;
  }

  private static String plain(String field) {
    return field.replaceAll("\\\\(.)", "$1");
  }
}
