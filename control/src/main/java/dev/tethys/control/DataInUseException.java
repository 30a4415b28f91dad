package dev.tethys.control;

import java.io.IOException;
import java.nio.file.Path;

/** Data folder that another control plane has locked. */
final class DataInUseException extends IOException {
  private static final long serialVersionUID = 1L;

  DataInUseException(Path data) {
    super(data + " is in use by another control plane");
  }
}
