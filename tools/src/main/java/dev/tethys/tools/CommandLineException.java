package dev.tethys.tools;

import dev.tethys.runtime.cli.UsageTexts;

/**
 * Thrown for an invalid command line. The message contains only the error; the caller adds the
 * program name and further text, which differ between promtool and amtool.
 */
final class CommandLineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The words that promtool and amtool share. */
  static final UsageTexts WORDS =
      new UsageTexts() {
        @Override
        public RuntimeException unknown(String flag, String suggestion) {
          return new CommandLineException("unknown long flag '" + flag + "'" + suggestion);
        }

        @Override
        public RuntimeException unexpected(String argument) {
          return new CommandLineException("unknown short flag '" + argument + "'");
        }

        @Override
        public RuntimeException withoutValue(String name) {
          return new CommandLineException("expected argument for flag '--" + name + "'");
        }

        @Override
        public RuntimeException repeated(String name) {
          return new CommandLineException("flag '" + name + "' cannot be repeated");
        }

        @Override
        public RuntimeException unreadable(String name, String value, String reason) {
          return new CommandLineException("--" + name + "=" + value + ": " + reason);
        }
      };

  CommandLineException(String what) {
    super(what);
  }

  /** Returns the error line printed by a program, in promtool's format. */
  String of(String program) {
    return program + ": error: " + getMessage() + ", try --help";
  }
}
