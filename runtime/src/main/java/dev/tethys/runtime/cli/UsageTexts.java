package dev.tethys.runtime.cli;

/**
 * Error messages for an invalid command line: a program that replaces another uses that program's
 * wording.
 */
public interface UsageTexts {
  /** No such flag exists. */
  RuntimeException unknown(String flag, String suggestion);

  /** An unexpected argument that is not a long flag. */
  RuntimeException unexpected(String argument);

  /** A flag at the end without its value. */
  RuntimeException withoutValue(String name);

  /** A flag that may be set only once. */
  RuntimeException repeated(String name);

  /** A value that cannot be read. */
  RuntimeException unreadable(String name, String value, String reason);
}
