package dev.tethys.runtime.cli;

/**
 * Thrown for an invalid command line: the message gives the reason, and the process ends with exit
 * code 2.
 */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }
}
