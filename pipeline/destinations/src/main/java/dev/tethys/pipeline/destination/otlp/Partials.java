package dev.tethys.pipeline.destination.otlp;

import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.pipeline.delivery.Parcel;
import dev.tethys.pipeline.delivery.Verdict;
import java.lang.System.Logger.Level;

/** What a success of OTLP means: all of it, or a part that is not to be sent again. */
final class Partials {
  private Partials() {}

  static Verdict verdict(Parcel p, OtlpResponse r, System.Logger log) {
    if (r.isOk()) {
      return Verdict.DELIVERED;
    }
    if (r.rejected() <= 0) {
      log.log(Level.WARNING, "the destination took everything and warns: {0}", r.message());
      return Verdict.DELIVERED;
    }
    int refused = (int) Math.min(r.rejected(), p.items());
    return new Verdict.Partial(refused, r.message());
  }
}
