package dev.tethys.store.metrics.internal.encoding;

import dev.tethys.store.files.CorruptionException;

/**
 * Signals that stored bytes cannot be read now. For the reader this equals damage, but the bytes
 * may be intact and readable later.
 */
public final class TransientReadException extends CorruptionException {
  private static final long serialVersionUID = 1L;

  public TransientReadException(String message) {
    super(message);
  }

  /**
   * Wraps the error of the Java runtime about a mapped page that cannot be read: thrown at the copy
   * or, from compiled code, a little later.
   */
  public TransientReadException(InternalError e) {
    super("the disk did not return what is mapped (" + e.getMessage() + ")");
  }
}
