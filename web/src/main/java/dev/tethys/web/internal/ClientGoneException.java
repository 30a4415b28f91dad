package dev.tethys.web.internal;

import java.io.IOException;

/**
 * Signals that the client aborted its request or stopped reading the response. Not an error of the
 * server.
 */
public final class ClientGoneException extends IOException {
  private static final long serialVersionUID = 1L;

  ClientGoneException(Throwable cause) {
    super("the client has gone", cause);
  }
}
