package dev.tethys.pipeline.extension.sampling;

import java.io.IOException;

/** Source of sampling strategies. Thread-safe. */
interface StrategySource {
  /** Starts the source. */
  default void start() throws IOException {}

  /**
   * Returns the response for a service as {@code jaeger.api_v2.SamplingStrategyResponse}.
   *
   * @throws IOException if that cannot be said now
   */
  byte[] of(String service) throws IOException, InterruptedException;

  /** Stops the source. */
  void stop();
}
