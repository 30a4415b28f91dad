package dev.tethys.web;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request, valid until its handler returns. */
public interface HttpRequest {
  /** The largest form that is read, in bytes. */
  int MAX_FORM_BYTES = 10 << 20;

  String method();

  /** Returns the decoded path, without the route prefix; starts with a slash. */
  String path();

  /** Returns the path with its escapes, without the route prefix. */
  String rawPath();

  /** Returns the raw query string, without the question mark. */
  String rawQuery();

  /**
   * Returns the value of a {@code {name}} in the pattern of the route, decoded.
   *
   * @throws IllegalArgumentException if the pattern has no such name
   */
  String pathParam(String name);

  /** Returns the query string of the URL. */
  Params query();

  /**
   * Returns the fields of a urlencoded form, followed by those of the query, as Go's {@code
   * Request.Form}. Reads the body when it is such a form.
   *
   * @throws HttpException 413 when the form is larger than {@link #MAX_FORM_BYTES}
   */
  Params params() throws IOException;

  /** Returns the first value of a header, or null; names are case-insensitive. */
  @Nullable String header(String name);

  /** Returns all values of a header. */
  List<String> headers(String name);

  /** Returns the names of all headers, as received. */
  Set<String> headerNames();

  /** Returns the value of Content-Length, or -1. */
  long contentLength();

  /**
   * Reserves memory for the request until the response is sent. {@link #bodyBytes} has already
   * reserved the memory of its result.
   *
   * @throws dev.tethys.model.guard.ByteBudget.OverBudgetException if the memory for requests is
   *     used up; if not caught, the client receives 503 or 413
   */
  void reserve(long bytes);

  /** Releases the reservation, before a wait during which no data of the body is kept. */
  void release();

  /**
   * Returns the raw body, still in its Content-Encoding.
   *
   * @param maxBytes reading further throws an {@link HttpException} 413
   */
  InputStream body(long maxBytes);

  /** Reads the whole body; fails with 413 if it is larger. */
  byte[] bodyBytes(int maxBytes) throws IOException;

  /**
   * Reads the whole body into a buffer reused for successive requests; fails with 413 if it is
   * larger.
   *
   * @return its length
   */
  int bodyBytes(int maxBytes, BodyBuffer into) throws IOException;

  /** Returns {@code HTTP/1.1} or {@code HTTP/2.0}. */
  String protocol();

  /** Whether it was received over TLS. */
  boolean isSecure();

  /** Returns the requested host (and port), or "". */
  String host();

  InetSocketAddress remoteAddress();

  InetSocketAddress localAddress();

  /** Returns the certificates presented by the client, its own first; empty if none. */
  List<X509Certificate> clientCertificates();

  /**
   * Runs an action if the client leaves before its response is complete: it closed the connection,
   * or its side of it, or cancelled this request (HTTP/2). That is noticed within some 50
   * milliseconds, and only after the body was read. The action runs at most once, on a thread of
   * the listener, and must not block.
   *
   * @return ends the watch
   */
  Watch whenClientGone(Runnable action);

  /**
   * Whether the client has left, as detected by {@link #whenClientGone}, for work that polls. It
   * schedules nothing, so a short request pays nothing. The first call starts reading the
   * connection ahead.
   */
  boolean isClientGone();

  /** A watch that can be ended; the action may be running when that returns. */
  interface Watch extends AutoCloseable {
    @Override
    void close();
  }

  /** Returns the authenticated user, or null if no authentication is configured. */
  @Nullable String user();
}
