package dev.tethys.collect.logs.file;

import org.jspecify.annotations.Nullable;

/**
 * Reading status of a file.
 *
 * @param read offset up to which it was read, in bytes of its content
 * @param size bytes
 * @param delivered offset up to which it was delivered
 * @param modified modification time
 * @param compressed whether its size is not that of its content
 * @param problem reason why it cannot be read; null if it can
 */
public record FileStatus(
    long read,
    long size,
    long delivered,
    long modified,
    boolean compressed,
    @Nullable String problem) {
  /** Returns the number of undelivered bytes; 0 if unknown. */
  public long behind() {
    return compressed ? 0 : Math.max(0, size - delivered);
  }
}
