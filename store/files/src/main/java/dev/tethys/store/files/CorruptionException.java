package dev.tethys.store.files;

/** Thrown if stored bytes differ from the written bytes. */
public class CorruptionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CorruptionException(String message) {
    super(message);
  }
}
