package dev.tethys.pipeline.processor.sampling.tail;

/**
 * Decides on traces, one thread at a time where its {@link SamplingPolicy} has a state, otherwise
 * on any number of threads.
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
