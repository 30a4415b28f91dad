package dev.tethys.pipeline.processor.sampling.tail;

/**
 * Decides on traces, on one thread at a time if its {@link SamplingPolicy} has state, otherwise on
 * any number of threads.
 */
@FunctionalInterface
interface Policy {
  /**
   * Decides on a trace.
   *
   * @throws RuntimeException if it cannot; the other policies are evaluated anyway
   */
  Decision decide(Trace trace);
}
