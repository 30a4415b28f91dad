package dev.tethys.collect.host.internal;

import java.io.IOException;

/** A file of the host is malformed. Without a stack trace: it may occur in every scrape. */
public final class MalformedException extends IOException {
  public MalformedException(String message) {
    super(message);
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
