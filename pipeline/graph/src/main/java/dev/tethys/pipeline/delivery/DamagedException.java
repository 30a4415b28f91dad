package dev.tethys.pipeline.delivery;

import java.io.IOException;

/** Stored data is missing or corrupted. */
final class DamagedException extends IOException {
  private static final long serialVersionUID = 1L;

  DamagedException(String message) {
    super(message);
  }
}
