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
 * Opens connections of HTTP/3 (RFC 9114). The JDK does not speak it, and the library that does is
 * native: it is in a separate module and is found by {@link java.util.ServiceLoader} when HTTP/3 is
 * first used, so that other users do not load it. Safe for any number of threads.
 */
public interface Http3Dialer {
  /** Why HTTP/3 cannot be spoken on this machine; empty when it can. */
  String problem();

  /**
   * Makes a way of securing connections, which is used for many of them.
   *
   * @param keys null for no certificate of a client
   * @param trust null for the JDK's own
   * @throws IOException when it cannot be made
   */
  Secured secured(KeyManager @Nullable [] keys, TrustManager @Nullable [] trust) throws IOException;

  /** Dials in one way of securing connections. */
  @FunctionalInterface
  interface Secured {
    /**
     * Connects and shakes hands, which is one thing in QUIC.
     *
     * @param serverName what TLS asks for and verifies
     * @param deadline by {@link System#nanoTime}
     * @throws java.net.http.HttpTimeoutException when the time is up
     * @throws IOException when there is no connection; nothing is left open then
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
     * Sends a request and waits for the head of its answer. Reading the body fails when the time is
     * up.
     *
     * @param head fields in order, those that begin with a colon first
     * @param deadline by {@link System#nanoTime}
     * @throws java.net.http.HttpTimeoutException when the time is up
     * @throws IOException when no answer comes
     */
    Reply send(List<Map.Entry<String, String>> head, byte @Nullable [] body, long deadline)
        throws IOException, InterruptedException;

    /** Says goodbye without waiting for an answer. */
    @Override
    void close();
  }

  /**
   * HTTP/3 response.
   *
   * @param headers by names in lower case
   * @param body must be closed; the rest of the body is then not requested
   * @param headAt arrival of the headers, by {@link System#nanoTime}
   */
  record Reply(int status, Map<String, List<String>> headers, InputStream body, long headAt) {}
}
