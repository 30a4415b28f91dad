package dev.tethys.pipeline.processor.sampling.tail;

/**
 * Decides on traces, one thread at a time where its {@link SamplingPolicy} has a state, otherwise
 * on any number of threads.
 */
@FunctionalInterface
interface Policy {
  /**
   * What it says of a trace.
   *
   * @throws RuntimeException when it cannot tell; the other policies are asked all the same
   */
  Decision decide(Trace trace);
}
