package dev.tethys.collect.host.internal;

import java.io.IOException;

/**
 * A file of the host does not read as it should. Without a stack trace: it may come every scrape.
 */
public final class MalformedException extends IOException {
  MalformedException(String message) {
    super(message);
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
