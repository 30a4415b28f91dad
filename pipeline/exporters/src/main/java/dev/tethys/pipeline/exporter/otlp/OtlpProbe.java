package dev.tethys.pipeline.exporter.otlp;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import java.io.IOException;

/**
 * Probes an OTLP server with an empty request, which all of them accept, and then with one item.
 */
final class OtlpProbe {
  private OtlpProbe() {}

  /**
   * Creates a probe.
   *
   * @param where display name of the server
   */
  static ItemProbe of(Signal signal, OtlpRequestEncoder encoder, Sender sender, String where) {
    return new ItemProbe(
        signal,
        () -> {
          for (EncodedRequest p :
              encoder.encode(new Batch(signal, Encoding.OTLP, new byte[0], 0, 0)).requests()) {
            switch (sender.send(p)) {
              case SendResult.Retryable l -> throw new IOException(l.reason());
              case SendResult.Permanent n -> throw new IOException(n.reason());
              default -> {}
            }
          }
          return where + " takes OTLP";
        },
        encoder,
        sender,
        (p, t, v) -> where + "; OTLP cannot read it back");
  }
}
