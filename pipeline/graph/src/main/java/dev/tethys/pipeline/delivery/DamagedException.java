package dev.tethys.pipeline.delivery;

import java.io.IOException;

/** What was written does not stand there any more. */
final class DamagedException extends IOException {
  private static final long serialVersionUID = 1L;

  DamagedException(String message) {
    super(message);
  }
}
