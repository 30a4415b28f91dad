package dev.tethys.store.files;

/** Stored bytes are not what was written. */
public class DamageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DamageException(String message) {
    super(message);
  }
}
