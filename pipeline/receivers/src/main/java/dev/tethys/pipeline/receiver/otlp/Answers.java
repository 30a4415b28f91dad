package dev.tethys.pipeline.receiver.otlp;

import dev.tethys.codec.otlp.wire.OtlpScanner;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.pipeline.Outcome;

/** What outcomes mean to senders of OTLP. */
final class Answers {
  private Answers() {}

  /** Whether nothing of a request was taken: that is a failure, not a partial success. */
  static boolean isWhole(Outcome.Rejected r, OtlpSignal signal, byte[] body) {
    return r.items() >= OtlpScanner.count(signal, body, 0, body.length);
  }
}
