package dev.tethys.store.metrics.internal.encoding;

import dev.tethys.store.files.DamageException;

/**
 * Signals that stored bytes cannot be read now. For the reader this equals damage, but the bytes
 * may be intact and readable later.
 */
public final class UnreadException extends DamageException {
  private static final long serialVersionUID = 1L;

  public UnreadException(String message) {
    super(message);
  }

  /**
   * Wraps the error of the Java runtime about a mapped page that cannot be read: thrown at the copy
   * or, from compiled code, a little later.
   */
  public UnreadException(InternalError e) {
    super("the disk does not give what is mapped (" + e.getMessage() + ")");
  }
}
