package dev.tethys.control;

import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Bearer tokens of agents and users. Without tokens every request is that of an operator.
 *
 * <p>Format of the file: a line {@code ROLE NAME TOKEN} each; empty lines and those that begin with
 * {@code #} are ignored.
 */
final class Tokens {
  /** Roles; each may do what those before it may, except that agents only connect. */
  enum Role {
    AGENT,
    VIEWER,
    OPERATOR
  }

  static final Tokens NONE = new Tokens(List.of());

  private static final int MIN_TOKEN = 16;

  private record Entry(Role role, String name, byte[] digest) {}

  private final List<Entry> entries;

  private Tokens(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * Reads a file.
   *
   * @throws IOException when it cannot be read or a line is wrong
   */
  static Tokens read(Path file) throws IOException {
    List<Entry> out = new ArrayList<>();
    int n = 0;
    for (String line : Files.readAllLines(file)) {
      n++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] parts = line.strip().split("\\s+");
      Role role = parts.length == 3 ? role(parts[0]) : null;
      if (role == null || parts[2].length() < MIN_TOKEN) {
        throw new IOException(
            file
                + ":"
                + n
                + ": a line must be ROLE NAME TOKEN, with the role agent, viewer or operator and a"
                + " token of at least "
                + MIN_TOKEN
                + " characters");
      }
      out.add(new Entry(role, parts[1], digest(parts[2])));
    }
    if (out.isEmpty()) {
      throw new IOException(file + " has no token; add a line ROLE NAME TOKEN");
    }
    return new Tokens(List.copyOf(out));
  }

  private static @Nullable Role role(String word) {
    for (Role r : Role.values()) {
      if (r.name().toLowerCase(Locale.ROOT).equals(word)) {
        return r;
      }
    }
    return null;
  }

  private static byte[] digest(String token) {
    return Texts.digest(token.getBytes(StandardCharsets.UTF_8));
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  /**
   * The name of the user.
   *
   * @return "" where there are no tokens
   * @throws HttpException 401 without a known token, 403 where its role is not enough
   */
  String require(HttpRequest q, Role role) {
    if (entries.isEmpty()) {
      return q.user() == null ? "" : q.user();
    }
    String header = q.header("Authorization");
    Entry e =
        header != null && header.regionMatches(true, 0, "Bearer ", 0, 7)
            ? find(header.substring(7).strip())
            : null;
    if (e == null) {
      throw new HttpException(401, "a bearer token is required");
    }
    boolean enough = role == Role.AGENT ? e.role == Role.AGENT : e.role.compareTo(role) >= 0;
    if (!enough) {
      throw new HttpException(
          403,
          "the token of "
              + e.name
              + " has the role "
              + e.role.name().toLowerCase(Locale.ROOT)
              + "; this requires "
              + role.name().toLowerCase(Locale.ROOT));
    }
    return e.name;
  }

  private @Nullable Entry find(String token) {
    byte[] d = digest(token);
    Entry found = null;
    for (Entry e : entries) { // all of them: the time says nothing about tokens
      found = java.security.MessageDigest.isEqual(d, e.digest) ? e : found;
    }
    return found;
  }
}
