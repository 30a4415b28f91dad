package dev.tethys.pipeline;

import dev.tethys.codec.otlp.wire.OtlpSignal;

/** Kind of telemetry; each pipeline carries a single signal. */
public enum Signal {
  TRACES(OtlpSignal.TRACES),
  METRICS(OtlpSignal.METRICS),
  LOGS(OtlpSignal.LOGS),
  PROFILES(OtlpSignal.PROFILES);

  private final OtlpSignal otlp;

  Signal(OtlpSignal otlp) {
    this.otlp = otlp;
  }

  /** Returns the corresponding OTLP signal. */
  public OtlpSignal otlp() {
    return otlp;
  }

  /** Returns the signal carried by an OTLP request. */
  public static Signal of(OtlpSignal s) {
    return switch (s) {
      case TRACES -> TRACES;
      case METRICS -> METRICS;
      case LOGS -> LOGS;
      case PROFILES -> PROFILES;
    };
  }
}
