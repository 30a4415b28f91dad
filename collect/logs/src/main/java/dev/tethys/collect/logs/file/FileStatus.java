package dev.tethys.collect.logs.file;

import org.jspecify.annotations.Nullable;

/**
 * How far a file is.
 *
 * @param read offset up to which it was read, in bytes of what is in it
 * @param size bytes
 * @param delivered offset up to which it was delivered
 * @param modified when it was written to, as the file system says it
 * @param compressed whether its size is not that of what is in it
 * @param problem why it cannot be read; null when it can
 */
public record FileStatus(
    long read,
    long size,
    long delivered,
    long modified,
    boolean compressed,
    @Nullable String problem) {
  /** Bytes that are not delivered; 0 where that cannot be told. */
  public long behind() {
    return compressed ? 0 : Math.max(0, size - delivered);
  }
}
