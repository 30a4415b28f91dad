package dev.tethys.tools;

import dev.tethys.config.ConfigException;
import dev.tethys.runtime.cli.UsageException;

/** Errors with amtool's messages. */
final class AmtoolErrors {
  private AmtoolErrors() {}

  /** Returns the error for an invalid command line argument, in amtool's wording. */
  static UsageException error(String message) {
    return new UsageException("amtool: error: " + message + "\n");
  }

  /** Describes the errors of an invalid configuration. */
  static String text(Exception e) {
    return e instanceof ConfigException c
        ? String.valueOf(c.getMessage())
        : String.valueOf(e.getMessage());
  }
}
