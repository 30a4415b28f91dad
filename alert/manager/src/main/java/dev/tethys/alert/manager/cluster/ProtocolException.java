package dev.tethys.alert.manager.cluster;

import java.io.IOException;

/** Reports an invalid message of another member. */
final class ProtocolException extends IOException {
  private static final long serialVersionUID = 1L;

  ProtocolException(String message) {
    super(message);
  }
}
