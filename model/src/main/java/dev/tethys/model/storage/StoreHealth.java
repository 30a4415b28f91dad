package dev.tethys.model.storage;

import org.jspecify.annotations.Nullable;

/**
 * Size, limits and failures of one store, for status pages and metrics.
 *
 * @param folder store folder
 * @param bytes size of blocks or parts on disk
 * @param logBytes size of the write-ahead log
 * @param diskFree free bytes of the file system; negative if unknown
 * @param diskTotal size of the file system; negative if unknown
 * @param diskReserve free bytes below which the store refuses appends
 * @param keepMillis retention time; 0 for no limit
 * @param maxBytes retention size; 0 for no limit
 * @param refused appends refused since startup, because of a limit or a full disk
 * @param failedWrites writes to disk that failed since startup
 * @param problem current problem; null if none
 */
public record StoreHealth(
    String folder,
    long bytes,
    long logBytes,
    long diskFree,
    long diskTotal,
    long diskReserve,
    long keepMillis,
    long maxBytes,
    long refused,
    long failedWrites,
    @Nullable Problem problem) {

  /**
   * Persistent failure.
   *
   * @param text cause and consequence
   * @param since Unix time in milliseconds
   * @param refusing true if appends are refused, false if stored data is safe but some work waits
   */
  public record Problem(String text, long since, boolean refusing) {}
}
