package dev.tethys.collect.observe.protocol;

import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import org.jspecify.annotations.Nullable;

/**
 * Tests an HTTP exchange for an application protocol, by head and body of request and response.
 * Both have to fit before a call is reported.
 */
abstract class HttpApiReader {
  /**
   * True if the body has relevant data.
   *
   * @param status status of the response; 0 for the body of the request
   */
  boolean readsBody(int status) {
    return true;
  }

  /** Maximum number of bytes needed of a value in the request's body. */
  abstract int wantedOfRequest(String name);

  /** Receives a member of the request's body. */
  abstract void request(String name, char kind, String text);

  /** True if the body so far excludes this protocol. */
  abstract boolean isRefuted();

  /** Maximum number of bytes needed of a value in the response's body. */
  abstract int wantedOfAnswer(String name);

  /** Receives a member of the response's body. */
  abstract void answer(String name, char kind, String text);

  /** Whether the members of this response object are needed. */
  boolean entersAnswer(String name) {
    return false;
  }

  /**
   * The call, when both the request and the response fit.
   *
   * @param status HTTP status code
   */
  abstract @Nullable ApiCall call(
      int status, ApiHead answer, @Nullable ApiBody request, ApiBody body);

  static Status outcome(int status) {
    return status >= 400 ? Status.FAILED : Status.OK;
  }
}
