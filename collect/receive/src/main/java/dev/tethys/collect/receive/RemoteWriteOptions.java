package dev.tethys.collect.receive;

import dev.tethys.codec.remote.WriteMessage;
import java.util.List;

/**
 * Remote write receiver options.
 *
 * @param acceptedMessages {@link #V1} and {@link #V2} as the flag {@code
 *     --web.remote-write-receiver.accepted-protobuf-messages} lists them
 * @param zeroSampleAtStart whether to write a 0 at the start timestamp of a series (2.0 only), for
 *     the feature {@code created-timestamp-zero-ingestion}
 * @param typeAndUnitLabels add {@code __type__} and {@code __unit__} (2.0 only)
 */
public record RemoteWriteOptions(
    List<String> acceptedMessages, boolean zeroSampleAtStart, boolean typeAndUnitLabels) {
  public static final String V1 = WriteMessage.V1.message();
  public static final String V2 = WriteMessage.V2.message();

  /** Both messages, no extras. */
  public static final RemoteWriteOptions DEFAULT =
      new RemoteWriteOptions(List.of(V1, V2), false, false);

  public RemoteWriteOptions {
    acceptedMessages = List.copyOf(acceptedMessages);
    for (String m : acceptedMessages) {
      if (!m.equals(V1) && !m.equals(V2)) {
        throw new IllegalArgumentException(WriteMessage.unknown(m));
      }
    }
  }
}
