package dev.tethys.pipeline.processor.sampling.tail;

/** Decision of a policy, or of all policies together, about a trace. */
enum Decision {
  SAMPLED("sampled"),
  NOT_SAMPLED("not_sampled"),
  /** Drops the trace regardless of other policies. */
  DROPPED("dropped");

  /** Name in metrics. */
  final String text;

  Decision(String text) {
    this.text = text;
  }

  static Decision of(boolean sampled) {
    return sampled ? SAMPLED : NOT_SAMPLED;
  }
}
