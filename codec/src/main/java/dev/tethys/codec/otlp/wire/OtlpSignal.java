package dev.tethys.codec.otlp.wire;

/** Signals with their own request, {@code Export…ServiceRequest}. */
public enum OtlpSignal {
  TRACES("TracesData", "trace.v1.TraceService", "v1/traces", "rejectedSpans"),
  METRICS("MetricsData", "metrics.v1.MetricsService", "v1/metrics", "rejectedDataPoints"),
  LOGS("LogsData", "logs.v1.LogsService", "v1/logs", "rejectedLogRecords"),
  PROFILES(
      "ProfilesData",
      "profiles.v1development.ProfilesService",
      "v1development/profiles",
      "rejectedProfiles");

  private final String message;
  private final String grpcPath;
  private final String httpPath;
  private final String rejectedName;

  OtlpSignal(String message, String service, String path, String rejectedName) {
    this.message = message;
    this.grpcPath = "/opentelemetry.proto.collector." + service + "/Export";
    this.httpPath = "/" + path;
    this.rejectedName = rejectedName;
  }

  /** The request: it has the fields of this message. */
  OtlpSchema.Message message() {
    return OtlpSchema.message(message);
  }

  /** Path of the gRPC method, {@code /package.Service/Export}. */
  public String grpcPath() {
    return grpcPath;
  }

  /** The path appended to an endpoint, {@code /v1/logs}. */
  public String httpPath() {
    return httpPath;
  }

  /** JSON name of the rejected count in a partial success. */
  String rejectedName() {
    return rejectedName;
  }
}
