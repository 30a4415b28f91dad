package dev.tethys.pipeline.exporter.carbon;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.graphite.PickleWriter;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.client.LineTransport;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Sends lines, or the same points as pickles. Carbon has no response: a request is delivered when
 * it was read to its end, so far as the transport can tell. A point that is sent twice is one
 * point.
 */
final class CarbonSender implements Sender {
  /** Maximum size of a list: half of carbon's limit. */
  private static final int MAX_PICKLE = 512 << 10;

  private final LineTransport transport;
  private final LineRequestEncoder encoder;
  private final boolean pickle;

  CarbonSender(LineTransport transport, LineRequestEncoder encoder, boolean pickle) {
    this.transport = transport;
    this.encoder = encoder;
    this.pickle = pickle;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException {
    byte[] lines;
    try {
      lines = encoder.open(p).text();
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    }
    transport.send(pickle ? pickled(lines) : lines);
    return SendResult.DELIVERED;
  }

  /** Lines of this exporter as pickled lists. */
  static byte[] pickled(byte[] lines) {
    PickleWriter w = new PickleWriter(MAX_PICKLE);
    for (String line : new String(lines, StandardCharsets.UTF_8).split("\n")) {
      String[] parts = line.split(" ");
      if (parts.length == 3) {
        w.point(parts[0], Long.parseLong(parts[2]), Double.parseDouble(parts[1]));
      }
    }
    return w.take();
  }

  @Override
  public void close() {
    transport.close();
  }
}
