package dev.tethys.pipeline;

/**
 * Telemetry of one signal on its way through a graph, as the bytes in which it came. What passes
 * through unchanged is never decoded: an exporter that speaks the encoding forwards the bytes.
 *
 * <p>Immutable: nobody writes into {@link #body} once the batch exists, so fan-out hands the same
 * batch to everyone.
 *
 * @param body the message; the batch owns it
 * @param items how many items it has in its encoding's count
 * @param lane batches of one lane keep their order on the way to every destination; 0 where order
 *     means nothing. A target, a connection, a partition is a lane.
 * @param metadata what its sender said beside it
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record Batch(
    Signal signal, Encoding encoding, byte[] body, int items, long lane, Metadata metadata) {
  /** A batch without metadata. */
  public Batch(Signal signal, Encoding encoding, byte[] body, int items, long lane) {
    this(signal, encoding, body, items, lane, Metadata.NONE);
  }

  /** Another content of the same origin. */
  public Batch with(byte[] otherBody, int otherItems) {
    return new Batch(signal, encoding, otherBody, otherItems, lane, metadata);
  }

  /** Bytes that it holds. */
  public int size() {
    return body.length;
  }

  @Override
  public String toString() {
    return signal + " of " + items + " items, " + body.length + " bytes";
  }
}
