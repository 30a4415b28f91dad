package dev.tethys.runtime.cli;

import org.jspecify.annotations.Nullable;

/**
 * One flag of a role.
 *
 * @param name name without dashes, such as {@code config.file}
 * @param kind value type
 * @param defaultValue its text when it is not given
 * @param help one sentence
 * @param refusal reason why it is not supported yet although valid in the original program; null if
 *     supported
 */
public record Flag(
    String name, Kind kind, String defaultValue, String help, @Nullable String refusal) {
  /** Type of a flag's value. */
  public enum Kind {
    STRING,
    BOOLEAN,
    INTEGER,
    FLOAT,
    DURATION,
    /**
     * Duration in the format of Go's time.ParseDuration: {@code 500us}, {@code 1.5ms}; not
     * negative.
     */
    GO_DURATION,
    SIZE,
    /** May be set several times. */
    LIST
  }

  /** Creates a supported flag. */
  public static Flag of(String name, Kind kind, String defaultValue, String help) {
    return new Flag(name, kind, defaultValue, help, null);
  }

  /** Creates a known flag that is rejected with a reason when set. */
  public static Flag refused(String name, Kind kind, String defaultValue, String reason) {
    return new Flag(name, kind, defaultValue, "Not supported: " + reason, reason);
  }
}
