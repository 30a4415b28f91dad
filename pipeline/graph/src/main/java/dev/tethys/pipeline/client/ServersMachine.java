package dev.tethys.pipeline.client;

import java.util.List;
import java.util.Locale;

/**
 * What a server repeats of its operating system when it cannot write. Protocols have no words for a
 * full disk, and servers answer it with whatever status they have for requests that failed: with
 * those that are for good too, although nothing is wrong with what was sent.
 */
public final class ServersMachine {
  /** As Go, Java, C's {@code strerror} and Windows print them. */
  private static final List<String> TROUBLE =
      List.of(
          "no space left on device",
          "not enough space on the disk",
          "disk quota exceeded",
          "input/output error",
          "read-only file system",
          "too many open files",
          "cannot allocate memory");

  private ServersMachine() {}

  /** Whether an answer says that the machine is in trouble, and the request is for later. */
  public static boolean isInTrouble(String answer) {
    String a = answer.toLowerCase(Locale.ROOT);
    return TROUBLE.stream().anyMatch(a::contains);
  }
}
