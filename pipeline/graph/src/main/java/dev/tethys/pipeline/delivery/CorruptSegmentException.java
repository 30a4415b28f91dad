package dev.tethys.pipeline.delivery;

import java.io.IOException;

/** Stored data is missing or corrupted. */
final class CorruptSegmentException extends IOException {
  private static final long serialVersionUID = 1L;

  CorruptSegmentException(String message) {
    super(message);
  }
}
