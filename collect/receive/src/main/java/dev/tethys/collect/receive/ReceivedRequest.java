package dev.tethys.collect.receive;

import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Request as receivers see it. */
public interface ReceivedRequest {
  String method();

  /** The first value of a header, or null; names in any case. */
  @Nullable String header(String name);

  /** Value of Content-Length, or -1. */
  long contentLength();

  /** The raw body, still in its Content-Encoding. */
  InputStream body();
}
