package dev.tethys.collect.host.internal;

import java.io.IOException;

/** The host has nothing of the kind: not a fault, and not a success either. */
public final class NoDataException extends IOException {
  /** Has no stack trace and no text, so one is enough. */
  @SuppressWarnings("StaticAssignmentOfThrowable") // it says the same wherever it is thrown
  public static final NoDataException NO_DATA = new NoDataException();

  private NoDataException() {
    super("collector returned no data");
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
