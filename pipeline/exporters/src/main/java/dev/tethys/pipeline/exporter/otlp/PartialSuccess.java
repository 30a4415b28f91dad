package dev.tethys.pipeline.exporter.otlp;

import dev.tethys.codec.otlp.wire.OtlpResponse;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import java.lang.System.Logger.Level;

/** Interprets partial success of OTLP: rejected items are not sent again. */
final class PartialSuccess {
  private PartialSuccess() {}

  static SendResult sendResult(EncodedRequest p, OtlpResponse r, System.Logger log) {
    if (r.isOk()) {
      return SendResult.DELIVERED;
    }
    if (r.rejected() <= 0) {
      log.log(
          Level.WARNING, "the destination accepted everything with a warning: {0}", r.message());
      return SendResult.DELIVERED;
    }
    int refused = (int) Math.min(r.rejected(), p.items());
    return new SendResult.Partial(refused, r.message());
  }
}
