package dev.tethys.store.files;

/** Stored bytes are not what was written. */
public class CorruptionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CorruptionException(String message) {
    super(message);
  }
}
