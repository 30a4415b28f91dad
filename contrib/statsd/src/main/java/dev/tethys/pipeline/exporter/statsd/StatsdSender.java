package dev.tethys.pipeline.exporter.statsd;

import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.client.LineTransport;
import dev.tethys.pipeline.exporter.client.PartlySentException;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;

/**
 * Sends lines. If it is known which of them were sent, only the others are retried: a counter sent
 * twice counts twice.
 */
final class StatsdSender implements Sender {
  private final LineTransport transport;
  private final LineRequestEncoder encoder;

  StatsdSender(LineTransport transport, LineRequestEncoder encoder) {
    this.transport = transport;
    this.encoder = encoder;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException {
    LineRequestEncoder.Opened o;
    try {
      o = encoder.open(p);
    } catch (CodecException e) {
      return new SendResult.Permanent(String.valueOf(e.getMessage()));
    }
    try {
      transport.send(o.text());
      return SendResult.DELIVERED;
    } catch (PartlySentException e) {
      SendResult.Retryable later =
          new SendResult.Retryable(Duration.ZERO, false, String.valueOf(e.getMessage()));
      if (e.sent() == 0) {
        return later;
      }
      int sent = 0;
      for (int i = 0; i < e.sent(); i++) {
        sent += o.text()[i] == '\n' ? 1 : 0;
      }
      BitSet again = new BitSet();
      again.set(sent, o.index().rows());
      return o.sorted(Map.of(), again, later);
    }
  }

  @Override
  public void close() {
    transport.close();
  }
}
