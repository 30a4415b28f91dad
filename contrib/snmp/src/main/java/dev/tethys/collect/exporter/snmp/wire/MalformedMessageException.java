package dev.tethys.collect.exporter.snmp.wire;

import java.io.IOException;

/** A message that violates the protocol, or is not authentic. */
final class MalformedMessageException extends IOException {
  private static final long serialVersionUID = 1L;

  MalformedMessageException(String message) {
    super(message);
  }
}
