package dev.tethys.web.internal;

import java.io.IOException;

/** The client broke off its request or does not take its answer any more; nobody's error here. */
public final class ClientGoneException extends IOException {
  private static final long serialVersionUID = 1L;

  ClientGoneException(Throwable cause) {
    super("the client has gone", cause);
  }
}
