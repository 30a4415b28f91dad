package dev.tethys.control;

import java.io.IOException;
import java.nio.file.Path;

/** Signals a data folder locked by another control plane. */
final class DataInUseException extends IOException {
  private static final long serialVersionUID = 1L;

  DataInUseException(Path data) {
    super(data + " is in use by another control plane");
  }
}
