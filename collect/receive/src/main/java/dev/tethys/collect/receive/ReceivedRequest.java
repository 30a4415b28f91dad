package dev.tethys.collect.receive;

import dev.tethys.model.access.Scope;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Request as seen by receivers. */
public interface ReceivedRequest {
  String method();

  /** The first value of a header, or null; names in any case. */
  @Nullable String header(String name);

  /** Value of Content-Length, or -1. */
  long contentLength();

  /**
   * Returns the data that the request may read or write.
   *
   * @throws dev.tethys.web.HttpException 400 if the name of the tenant is not valid
   */
  Scope scope();

  /** The raw body, still in its Content-Encoding. */
  InputStream body();
}
