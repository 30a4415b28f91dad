package dev.tethys.collect.receive;

/**
 * Common limits of the receivers.
 *
 * @param maxBodyBytes largest encoded body
 * @param maxDecodedBytes largest decompressed body
 * @param maxBytesInFlight total size of all bodies in progress, encoded and decompressed; further
 *     requests get status 503, for a retry
 */
public record ReceiveLimits(int maxBodyBytes, int maxDecodedBytes, long maxBytesInFlight) {
  /** 32 MiB per body, as in Prometheus, and 512 MiB in total. */
  public static final ReceiveLimits DEFAULT = new ReceiveLimits(32 << 20, 32 << 20, 512L << 20);

  public ReceiveLimits {
    if (maxBodyBytes <= 0 || maxDecodedBytes <= 0 || maxBytesInFlight <= 0) {
      throw new IllegalArgumentException("limits must be positive");
    }
    if (maxBodyBytes > 1 << 30 || maxDecodedBytes > 1 << 30) {
      throw new IllegalArgumentException("a body may be 1 GiB at most");
    }
  }
}
