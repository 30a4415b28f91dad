package dev.tethys.collect.receive;

/**
 * Remote read limits, with names and defaults of Prometheus's flags.
 *
 * @param sampleLimit samples in the response to one query in the form of samples, 0 for no limit
 * @param concurrentLimit maximum number of requests processed concurrently, 0 for no limit; others
 *     wait
 * @param maxBytesInFrame size at which a streamed frame ends
 */
public record RemoteReadOptions(int sampleLimit, int concurrentLimit, int maxBytesInFrame) {
  public static final RemoteReadOptions DEFAULT = new RemoteReadOptions(50_000_000, 10, 1_048_576);

  public RemoteReadOptions {
    if (sampleLimit < 0 || concurrentLimit < 0 || maxBytesInFrame < 0) {
      throw new IllegalArgumentException("limits of remote read must not be negative");
    }
  }
}
