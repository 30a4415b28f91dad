package dev.tethys.alert.manager.cluster;

import java.io.IOException;

/** What another member sent cannot be understood. */
final class ProtocolException extends IOException {
  private static final long serialVersionUID = 1L;

  ProtocolException(String message) {
    super(message);
  }
}
