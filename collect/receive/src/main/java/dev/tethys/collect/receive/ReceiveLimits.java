package dev.tethys.collect.receive;

/**
 * What receivers together may take.
 *
 * @param maxBodyBytes largest body as it comes over the wire
 * @param maxDecodedBytes largest body once it is decompressed
 * @param maxBytesInFlight all bodies of requests in work, as they come and decompressed; a request
 *     beyond it is answered 503, to be sent again
 */
public record ReceiveLimits(int maxBodyBytes, int maxDecodedBytes, long maxBytesInFlight) {
  /** 32 MiB a body, as Prometheus, and 512 MiB in all. */
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
