package dev.tethys.web.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Opens connections of HTTP/3 (RFC 9114). The JDK does not support it, and the library that does is
 * native: it is in a separate module and is found by {@link java.util.ServiceLoader} on the first
 * use of HTTP/3, so that other users do not load it. Thread-safe.
 */
public interface Http3Dialer {
  /** Returns the reason why HTTP/3 is unavailable on this machine; empty if it is available. */
  String problem();

  /**
   * Creates a TLS setup, which is used for many connections.
   *
   * @param keys null for no certificate of a client
   * @param trust null for the JDK's own
   * @throws IOException if it cannot be created
   */
  Secured secured(KeyManager @Nullable [] keys, TrustManager @Nullable [] trust) throws IOException;

  /** Connects with one way of securing connections. */
  @FunctionalInterface
  interface Secured {
    /**
     * Connects and performs the handshake, which is a single step in QUIC.
     *
     * @param serverName name that TLS requests and verifies
     * @param deadline deadline as a {@link System#nanoTime} value
     * @throws java.net.http.HttpTimeoutException if the time limit expires
     * @throws IOException if there is no connection; nothing is left open then
     */
    Connection connect(InetSocketAddress to, String serverName, long deadline)
        throws IOException, InterruptedException;
  }

  /** An open connection; for one request after the other. */
  interface Connection extends AutoCloseable {
    SSLSession session();

    /** Whether another request can be tried. */
    boolean isOpen();

    /**
     * Sends a request and waits for the head of its response. Reading the body fails when the time
     * limit expires.
     *
     * @param head fields in order, pseudo-headers first
     * @param deadline deadline as a {@link System#nanoTime} value
     * @throws java.net.http.HttpTimeoutException if the time limit expires
     * @throws IOException if no response arrives
     */
    Reply send(List<Map.Entry<String, String>> head, byte @Nullable [] body, long deadline)
        throws IOException, InterruptedException;

    /** Sends the close frame without waiting for a reply. */
    @Override
    void close();
  }

  /**
   * HTTP/3 response.
   *
   * @param headers headers by lower-case name
   * @param body body stream; closing it early cancels the rest of the body
   * @param headAt arrival of the headers, by {@link System#nanoTime}
   */
  record Reply(int status, Map<String, List<String>> headers, InputStream body, long headAt) {}
}
