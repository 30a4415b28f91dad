package dev.tethys.store.metrics.internal.encoding;

import dev.tethys.store.files.DamageException;

/**
 * Stored bytes cannot be had now: to whoever needs them the same as damage, but they may be whole,
 * and can be had later.
 */
public final class UnreadException extends DamageException {
  private static final long serialVersionUID = 1L;

  public UnreadException(String message) {
    super(message);
  }

  /**
   * How the Java runtime tells that a mapped page cannot be had: where it was to be copied, or,
   * from compiled code, a little later.
   */
  public UnreadException(InternalError e) {
    super("the disk does not give what is mapped (" + e.getMessage() + ")");
  }
}
