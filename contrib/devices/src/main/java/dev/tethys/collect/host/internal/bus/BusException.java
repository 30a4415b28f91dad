package dev.tethys.collect.host.internal.bus;

import java.io.IOException;

/** Rejection of a call by a service. */
public final class BusException extends IOException {
  private static final long serialVersionUID = 1;

  BusException(String name, String message) {
    super(message.isEmpty() ? name : message);
  }
}
