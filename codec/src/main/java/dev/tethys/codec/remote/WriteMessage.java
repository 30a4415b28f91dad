package dev.tethys.codec.remote;

import org.jspecify.annotations.Nullable;

/** The messages of remote write, as a content type names them. */
public enum WriteMessage {
  /** Remote write 1.0. */
  V1("prometheus.WriteRequest"),
  /** Remote write 2.0. */
  V2("io.prometheus.write.v2.Request");

  /** The media type of both. */
  public static final String MEDIA_TYPE = "application/x-protobuf";

  private final String message;

  WriteMessage(String message) {
    this.message = message;
  }

  /** The full name of the message. */
  public String message() {
    return message;
  }

  /**
   * The message type of a content type; the default is 1.0.
   *
   * @throws IllegalArgumentException with Prometheus's message, if the type is not accepted
   */
  public static WriteMessage ofContentType(@Nullable String header) {
    String type = header == null || header.isEmpty() ? MEDIA_TYPE : header.strip();
    String[] parts = type.split(";", -1);
    if (!parts[0].equals(MEDIA_TYPE)) {
      throw new IllegalArgumentException(
          "expected " + MEDIA_TYPE + " as the first (media) part, got " + type + " content-type");
    }
    for (int i = 1; i < parts.length; i++) {
      String[] pair = parts[i].strip().split("=", -1);
      if (pair.length != 2) {
        throw new IllegalArgumentException(
            "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be"
                + " key-values, got "
                + parts[i]
                + " in "
                + type
                + " content-type");
      }
      if (pair[0].equals("proto")) {
        for (WriteMessage m : values()) {
          if (m.message.equals(pair[1])) {
            return m;
          }
        }
        throw new IllegalArgumentException("got " + type + " content type; " + unknown(pair[1]));
      }
    }
    return V1;
  }

  /** Error for an unknown message. */
  public static String unknown(String message) {
    return "unknown type for remote write protobuf message "
        + message
        + ", supported: "
        + V1.message
        + ", "
        + V2.message;
  }
}
