package dev.tethys.pipeline.archive;

import java.io.IOException;

/** Thrown when an archive has reached its maximum size and keeps its content. */
public final class ArchiveFullException extends IOException {
  private static final long serialVersionUID = 1;

  ArchiveFullException(String message) {
    super(message);
  }
}
