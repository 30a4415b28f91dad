package dev.tethys.model.libc;

import java.io.IOException;

/** A call of the C library, or a question to the kernel, that failed with an error number. */
public final class LibraryException extends IOException {
  private static final long serialVersionUID = 1;
  private final int errno;

  /**
   * Error with Go's message: {@code what: text of the error number}.
   *
   * @param what name of the call
   */
  public LibraryException(String what, int errno) {
    super(what + ": " + Errno.text(errno));
    this.errno = errno;
  }

  /** The number of the error, as {@link Errno} names it. */
  public int errno() {
    return errno;
  }
}
