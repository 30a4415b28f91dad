package dev.tethys.runtime.cli;

/**
 * Error messages for an invalid command line: a program that replaces another uses that program's
 * wording.
 */
public interface UsageTexts {
  /** Returns the error for an unknown flag. */
  RuntimeException unknown(String flag, String suggestion);

  /** Returns the error for an unexpected argument that is not a long flag. */
  RuntimeException unexpected(String argument);

  /** Returns the error for a last flag without its value. */
  RuntimeException withoutValue(String name);

  /** Returns the error for a repeated flag that may be set only once. */
  RuntimeException repeated(String name);

  /** Returns the error for a value that cannot be parsed. */
  RuntimeException unreadable(String name, String value, String reason);
}
