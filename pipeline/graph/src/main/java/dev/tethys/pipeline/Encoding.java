package dev.tethys.pipeline;

/**
 * Batch encoding. Each is a protobuf message whose concatenation is a message with the contents of
 * both, so batches are merged by joining their bytes.
 */
public enum Encoding {
  /**
   * {@code Export…ServiceRequest} of OTLP, any signal. An item is a span, a data point, a log
   * record.
   */
  OTLP,
  /**
   * {@code prometheus.WriteRequest} of remote write 1.0, not compressed. An item is a sample.
   * Labels are valid and in order: the component that makes a request of other labels ensures that,
   * so that no later component has to decode them.
   */
  REMOTE_WRITE
}
