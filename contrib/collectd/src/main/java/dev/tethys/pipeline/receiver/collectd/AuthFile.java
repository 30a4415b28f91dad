package dev.tethys.pipeline.receiver.collectd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Users and passwords in the format of collectd's {@code AuthFile}: one {@code user: password} per
 * line. The file is reloaded when it changes, as in collectd; while it cannot be read, the previous
 * content is used.
 */
final class AuthFile {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.receiver");
  private static final long LOOK_NANOS = 1_000_000_000;

  private final Path file;
  private final LongSupplier nanos;

  @GuardedBy("this")
  private Map<String, String> passwords;

  @GuardedBy("this")
  private FileTime changed;

  @GuardedBy("this")
  private long checkedAt;

  /** Reads it for the first time; then errors are the caller's. */
  AuthFile(Path file, LongSupplier nanos) throws IOException {
    this.file = file;
    this.nanos = nanos;
    this.changed = Files.getLastModifiedTime(file);
    this.passwords = parse(Files.readString(file));
    this.checkedAt = nanos.getAsLong();
  }

  /** Returns the password of a user, or null if the user is unknown. */
  synchronized @Nullable String password(String user) {
    long now = nanos.getAsLong();
    if (now - checkedAt >= LOOK_NANOS) {
      checkedAt = now;
      try {
        FileTime then = Files.getLastModifiedTime(file);
        if (!then.equals(changed)) {
          passwords = parse(Files.readString(file));
          changed = then;
        }
      } catch (IOException e) {
        LOG.log(
            Level.WARNING,
            "Reload of auth_file failed, keeping the previous content: {0}",
            e.toString());
      }
    }
    return passwords.get(user);
  }

  private static Map<String, String> parse(String text) {
    Map<String, String> m = new HashMap<>();
    for (String line : text.split("\n", -1)) {
      int colon = line.indexOf(':');
      String user = colon < 0 ? "" : line.substring(0, colon).strip();
      if (!user.isEmpty() && !user.startsWith("#")) {
        m.put(user, line.substring(colon + 1).strip());
      }
    }
    return m;
  }
}
