package dev.tethys.web.internal;

import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Request as read from its connection, before limits, authentication and routing: the common part
 * of HTTP/1 and HTTP/2. Valid until its response is complete, and used by one thread.
 */
public interface WireRequest {
  String method();

  /** The path with its escapes; starts with a slash, or is {@code *}. */
  String rawPath();

  /** Query string, or "". */
  String rawQuery();

  /** {@code HTTP/1.0}, {@code HTTP/1.1} or {@code HTTP/2.0}. */
  String protocol();

  /** Returns the requested host (and port), or "". */
  String host();

  /** Returns the first value of a header, or null; names are case-insensitive. */
  @Nullable String header(String name);

  List<String> headers(String name);

  Set<String> headerNames();

  /** Length according to the headers, otherwise -1. */
  long contentLength();

  /** Whether all readers agree on its length: otherwise requests could be smuggled in bodies. */
  boolean isLengthClear();

  boolean hasBody();

  /** The raw body; the first read sends 100 Continue to a client that expects it. */
  InputStream body();

  /** Whether the client expects 100 Continue and has not received it. */
  boolean isContinueAwaited();

  /** Whether the body is known to have been taken to its last byte. */
  boolean isBodyConsumed();

  boolean isSecure();

  InetSocketAddress remoteAddress();

  InetSocketAddress localAddress();

  /** Whether other requests share the connection at the same time. */
  boolean isMultiplexed();

  /** Whether it is of HTTP/1.0, whose clients cannot read chunks. */
  boolean isOldHttp();
}
