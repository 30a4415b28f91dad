package dev.tethys.collect.exporter.snmp.wire;

import java.io.IOException;

/** A message that is not as the protocol says, or not to be trusted. */
final class MalformedMessageException extends IOException {
  private static final long serialVersionUID = 1L;

  MalformedMessageException(String message) {
    super(message);
  }
}
