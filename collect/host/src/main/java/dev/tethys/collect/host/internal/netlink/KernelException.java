package dev.tethys.collect.host.internal.netlink;

import java.io.IOException;

/** The kernel refuses a call or does not answer a question. */
public final class KernelException extends IOException {
  private static final long serialVersionUID = 1;
  private final int errno;

  KernelException(String what, int errno) {
    super(what + ": error number " + errno);
    this.errno = errno;
  }

  /** The number of the error, as in errno.h. */
  public int errno() {
    return errno;
  }
}
