package dev.tethys.pipeline.exporter.messages;

/** Encoding of telemetry in a message. */
public enum MessageEncoding {
  /** OTLP Export…ServiceRequest. */
  OTLP_PROTO("application/x-protobuf"),
  /** OTLP Export…ServiceRequest as JSON. */
  OTLP_JSON("application/json"),
  /** One JSON object per sample and line; metrics only. */
  JSON("application/x-ndjson"),
  /** InfluxDB's line protocol with milliseconds, one line per sample; metrics only. */
  INFLUX("text/plain");

  private final String contentType;

  MessageEncoding(String contentType) {
    this.contentType = contentType;
  }

  /** Returns the media type of a message. */
  public String contentType() {
    return contentType;
  }

  /** Whether messages are rows of samples, so that labels of series name their topics. */
  public boolean isRows() {
    return this == JSON || this == INFLUX;
  }
}
