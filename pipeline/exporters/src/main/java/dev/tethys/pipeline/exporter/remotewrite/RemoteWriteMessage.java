package dev.tethys.pipeline.exporter.remotewrite;

/** The two formats of a request. */
public enum RemoteWriteMessage {
  V1("prometheus.WriteRequest", "application/x-protobuf", "0.1.0"),
  V2(
      "io.prometheus.write.v2.Request",
      "application/x-protobuf;proto=io.prometheus.write.v2.Request",
      "2.0.0");

  private final String text;
  private final String contentType;
  private final String version;

  RemoteWriteMessage(String text, String contentType, String version) {
    this.text = text;
    this.contentType = contentType;
    this.version = version;
  }

  /** Returns the value of {@code protobuf_message}. */
  public String text() {
    return text;
  }

  String contentType() {
    return contentType;
  }

  /** Returns the value of the header {@code X-Prometheus-Remote-Write-Version}. */
  String version() {
    return version;
  }
}
