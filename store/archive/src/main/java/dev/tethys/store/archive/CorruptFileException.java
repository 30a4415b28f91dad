package dev.tethys.store.archive;

import java.nio.file.Path;

/** A part of a file cannot be read; the message names the file and the offset. */
public final class CorruptFileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CorruptFileException(Path file, long offset, String what) {
    super(file + " at offset " + offset + ": " + what);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
