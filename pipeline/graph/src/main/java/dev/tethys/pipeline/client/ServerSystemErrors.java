package dev.tethys.pipeline.client;

import java.util.List;
import java.util.Locale;

/**
 * Recognises operating system errors, such as a full disk, in server responses. Protocols have no
 * status for a full disk. Servers report it with any status of failed requests, including permanent
 * ones, although the request is valid.
 */
public final class ServerSystemErrors {
  /** Messages as printed by Go, Java, C's {@code strerror} and Windows. */
  private static final List<String> TROUBLE =
      List.of(
          "no space left on device",
          "not enough space on the disk",
          "disk quota exceeded",
          "input/output error",
          "read-only file system",
          "too many open files",
          "cannot allocate memory");

  private ServerSystemErrors() {}

  /** Whether a response reports a system error, so that the request must be retried. */
  public static boolean isInTrouble(String answer) {
    String a = answer.toLowerCase(Locale.ROOT);
    return TROUBLE.stream().anyMatch(a::contains);
  }
}
