package dev.tethys.api.pyroscope.debuginfo;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Build ID of a program: an even number of hexadecimal digits. */
public final class BuildId {
  private static final int MIN_LENGTH = 4;
  private static final int MAX_LENGTH = 512;

  private BuildId() {}

  /** Returns the build ID in lower case; null if the text is not a build ID. */
  public static @Nullable String parse(String text) {
    String id = text.toLowerCase(Locale.ROOT);
    boolean valid =
        id.length() >= MIN_LENGTH
            && id.length() <= MAX_LENGTH
            && id.length() % 2 == 0
            && id.chars().allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f');
    return valid ? id : null;
  }
}
