package dev.tethys.codec.exposition;

import dev.tethys.codec.CodecException;

/** An exposition has more metrics than its reader may take. */
public final class TooManyMetricsException extends CodecException {
  private static final long serialVersionUID = 1L;

  TooManyMetricsException(long max) {
    super("more than " + max + " metrics");
  }
}
