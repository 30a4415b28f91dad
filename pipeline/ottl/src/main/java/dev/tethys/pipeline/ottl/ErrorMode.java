package dev.tethys.pipeline.ottl;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Handling of evaluation errors. */
public enum ErrorMode {
  /** It is logged and counted; the next statement runs. A condition that fails does not hold. */
  IGNORE,
  /** As {@link #IGNORE}, but only counted. */
  SILENT,
  /** It is thrown on, and the whole batch fails. */
  PROPAGATE;

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static @Nullable ErrorMode of(String text) {
    for (ErrorMode m : values()) {
      if (m.text().equals(text)) {
        return m;
      }
    }
    return null;
  }
}
