package dev.tethys.pipeline.extension.sampling;

import java.io.IOException;

/** Source of sampling strategies. Thread-safe. */
interface StrategySource {
  /** Begins. */
  default void start() throws IOException {}

  /**
   * Response to a service, as {@code jaeger.api_v2.SamplingStrategyResponse}.
   *
   * @throws IOException if that cannot be said now
   */
  byte[] of(String service) throws IOException, InterruptedException;

  /** Ends. */
  void stop();
}
