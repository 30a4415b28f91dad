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
   * How the Java runtime reports that a mapped page is not available: where it was to be copied,
   * or, from compiled code, a little later.
   */
  public UnreadException(InternalError e) {
    super("the disk does not give what is mapped (" + e.getMessage() + ")");
  }
}
