package dev.tethys.collect.receive;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.HistogramCheck;
import dev.tethys.model.storage.Appender.Outcome;
import dev.tethys.model.storage.StorageException;
import org.jspecify.annotations.Nullable;

/** Error messages for refused samples, and status codes for errors of the store. */
final class WriteErrors {
  static final String TOO_FAR = "out of bounds: timestamp is too far in the future";

  /** OpenMetrics's limit on all label names and values of an exemplar. */
  private static final int MAX_EXEMPLAR_CHARACTERS = 128;

  private WriteErrors() {}

  /** Messages of Prometheus's errors. */
  static String text(Outcome o, long timestamp, @Nullable Histogram h) {
    return switch (o) {
      case OK -> "";
      case UNKNOWN_SERIES -> "the series left the store while it was written to";
      case OUT_OF_ORDER -> "out of order sample";
      case TOO_OLD -> "too old sample";
      case OUT_OF_BOUNDS -> "out of bounds";
      case DUPLICATE_TIMESTAMP ->
          "duplicate sample for timestamp " + timestamp + "; overrides not allowed";
      case INVALID_HISTOGRAM -> {
        String p = h == null ? null : HistogramCheck.problem(h);
        yield p == null ? "invalid histogram" : p;
      }
    };
  }

  static int status(StorageException e) {
    return switch (e.reason()) {
      case INVALID -> 400;
      case LIMIT -> 429;
      case UNAVAILABLE -> 503;
      case CORRUPT -> 500;
    };
  }

  static boolean tooLong(Exemplar e) {
    byte[] b = e.labels().canonicalBytes();
    if (b.length <= MAX_EXEMPLAR_CHARACTERS) {
      return false;
    }
    int[] n = {0};
    e.labels()
        .forEachBytes(
            (buf, no, nl, vo, vl) -> n[0] += characters(buf, no, nl) + characters(buf, vo, vl));
    return n[0] > MAX_EXEMPLAR_CHARACTERS;
  }

  private static int characters(byte[] b, int offset, int length) {
    int n = 0;
    for (int i = offset; i < offset + length; i++) {
      if ((b[i] & 0xc0) != 0x80) {
        n++;
      }
    }
    return n;
  }
}
