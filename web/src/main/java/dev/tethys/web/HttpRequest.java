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

  /** The decoded path, without the route prefix; starts with a slash. */
  String path();

  /** The path with its escapes, without the route prefix. */
  String rawPath();

  /** The query string as it came, without the question mark. */
  String rawQuery();

  /**
   * The value of a {@code {name}} in the pattern of the route, decoded.
   *
   * @throws IllegalArgumentException when the pattern has no such name
   */
  String pathParam(String name);

  /** Query string of the URL. */
  Params query();

  /**
   * The fields of a urlencoded form, followed by those of the query, as Go's {@code Request.Form}.
   * Reads the body when it is such a form.
   *
   * @throws HttpException 413 when the form is larger than {@link #MAX_FORM_BYTES}
   */
  Params params() throws IOException;

  /** The first value of a header, or null; names in any case. */
  @Nullable String header(String name);

  /** All values of a header. */
  List<String> headers(String name);

  /** The names of all headers, as they came. */
  Set<String> headerNames();

  /** What Content-Length says, or -1. */
  long contentLength();

  /**
   * Reserves memory that the request is going to take, until it is answered. {@link #bodyBytes} has
   * done so for what it returns.
   *
   * @throws dev.tethys.model.guard.ByteBudget.OverBudgetException when requests have used up the
   *     memory of the process for them; left alone it is answered with 503 or 413
   */
  void reserve(long bytes);

  /** Gives back what is reserved, before a wait through which nothing made of the body is kept. */
  void release();

  /**
   * The body as it came, still in its Content-Encoding.
   *
   * @param maxBytes reading further throws an {@link HttpException} 413
   */
  InputStream body(long maxBytes);

  /** The whole body; 413 when it is larger. */
  byte[] bodyBytes(int maxBytes) throws IOException;

  /**
   * The whole body in a buffer that is used for one request after the other; 413 when it is larger.
   *
   * @return its length
   */
  int bodyBytes(int maxBytes, BodyBuffer into) throws IOException;

  /** {@code HTTP/1.1} or {@code HTTP/2.0}. */
  String protocol();

  /** Whether it came over TLS. */
  boolean isSecure();

  /** Host (and port) that the client asked for, or "". */
  String host();

  InetSocketAddress remoteAddress();

  InetSocketAddress localAddress();

  /** The certificates that the client showed, its own first; empty when none. */
  List<X509Certificate> clientCertificates();

  /**
   * Has an action run when the client has gone before its answer was given: it closed the
   * connection, or its end of it, or took this request back (HTTP/2). That is noticed within some
   * 50 milliseconds, and only after the body was read. The action runs at most once, on a thread of
   * the listener, and must not block.
   *
   * @return ends the watch
   */
  Watch whenClientGone(Runnable action);

  /**
   * Whether the client has gone, as {@link #whenClientGone} notices it, for work that asks from
   * time to time. Nothing is scheduled for it, so that it costs a short request nothing. The first
   * call has the connection read ahead.
   */
  boolean isClientGone();

  /** A watch that can be ended; the action may be running when that returns. */
  interface Watch extends AutoCloseable {
    @Override
    void close();
  }

  /** The user that authenticated, or null when no authentication is configured. */
  @Nullable String user();
}
