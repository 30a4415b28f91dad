package dev.tethys.pipeline.archive;

import java.io.IOException;

/** An archive has its largest size, and keeps what it has. */
public final class ArchiveFullException extends IOException {
  private static final long serialVersionUID = 1;

  ArchiveFullException(String message) {
    super(message);
  }
}
