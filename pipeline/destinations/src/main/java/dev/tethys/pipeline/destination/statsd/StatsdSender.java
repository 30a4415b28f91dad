package dev.tethys.pipeline.destination.statsd;

import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.delivery.Parcel;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.delivery.Verdict;
import dev.tethys.pipeline.destination.client.LineTransport;
import dev.tethys.pipeline.destination.client.PartlySentException;
import dev.tethys.pipeline.destination.rows.LineParcels;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;

/**
 * Sends lines. Where it is known which of them went out, only the others come again: a counter that
 * is sent twice has counted twice.
 */
final class StatsdSender implements Sender {
  private final LineTransport transport;
  private final LineParcels parcels;

  StatsdSender(LineTransport transport, LineParcels parcels) {
    this.transport = transport;
    this.parcels = parcels;
  }

  @Override
  public Verdict send(Parcel p) throws IOException {
    LineParcels.Opened o;
    try {
      o = parcels.open(p);
    } catch (CodecException e) {
      return new Verdict.Never(String.valueOf(e.getMessage()));
    }
    try {
      transport.send(o.text());
      return Verdict.DELIVERED;
    } catch (PartlySentException e) {
      Verdict.Later later = new Verdict.Later(Duration.ZERO, false, String.valueOf(e.getMessage()));
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
