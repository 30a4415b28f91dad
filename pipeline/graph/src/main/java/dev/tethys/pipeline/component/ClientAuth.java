package dev.tethys.pipeline.component;

import dev.tethys.pipeline.Metadata;
import java.io.IOException;
import java.util.Map;

/** An extension that authenticates the requests of exporters. */
public interface ClientAuth {
  /**
   * Headers of a request that is about to be sent; asked for before every attempt, so that tokens
   * may change. May block.
   *
   * @throws IOException when no token can be had now
   */
  Map<String, String> headers() throws IOException;

  /**
   * Headers that depend on who sent the batch; asked for when it is encoded, and kept with the
   * parcel, on disk too.
   */
  default Map<String, String> headers(Metadata metadata) {
    return Map.of();
  }

  /** The destination refused what {@link #headers()} said: a token kept in memory is stale. */
  default void refused() {}
}
