package dev.tethys.collect.host.internal;

import dev.tethys.model.libc.Errno;
import java.io.IOException;

/**
 * A host file could not be read. Without a stack trace: many files in /sys return an error at every
 * read.
 */
public final class HostFileException extends IOException {
  private final int errno;

  public HostFileException(String call, String path, int errno) {
    super(call + " " + path + ": " + Errno.text(errno));
    this.errno = errno;
  }

  public HostFileException(String message, int errno) {
    super(message);
    this.errno = errno;
  }

  /** True if the file does not exist. */
  public boolean missing() {
    return errno == Errno.ENOENT || errno == Errno.ENOTDIR;
  }

  /** True if this process may not read it. */
  public boolean denied() {
    return errno == Errno.EACCES || errno == Errno.EPERM;
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
