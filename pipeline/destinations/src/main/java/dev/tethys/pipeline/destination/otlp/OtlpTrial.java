package dev.tethys.pipeline.destination.otlp;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.Parcel;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.delivery.Verdict;
import java.io.IOException;

/** Tries a server of OTLP: a request of nothing, which all of them take, then one item. */
final class OtlpTrial {
  private OtlpTrial() {}

  /**
   * A trial.
   *
   * @param where the server, for people
   */
  static ItemProbe of(Signal signal, OtlpParcels parcels, Sender sender, String where) {
    return new ItemProbe(
        signal,
        () -> {
          for (Parcel p :
              parcels.encode(new Batch(signal, Encoding.OTLP, new byte[0], 0, 0)).parcels()) {
            switch (sender.send(p)) {
              case Verdict.Later l -> throw new IOException(l.reason());
              case Verdict.Never n -> throw new IOException(n.reason());
              default -> {}
            }
          }
          return where + " takes OTLP";
        },
        parcels,
        sender,
        (p, t, v) -> where + "; over OTLP nothing is read back");
  }
}
