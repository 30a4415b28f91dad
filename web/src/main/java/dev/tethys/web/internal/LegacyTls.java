package dev.tethys.web.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

/**
 * Makes TLS 1.0 and 1.1 available to connections that configure them. The JDK disables both for the
 * entire process, and reads that setting once, on the first use of TLS; so they are enabled before
 * that, and the default versions of connections are set to 1.2 and 1.3.
 */
public final class LegacyTls {
  private static final String DISABLED = "jdk.tls.disabledAlgorithms";
  private static final Set<String> OLD = Set.of("TLSv1", "TLSv1.1");

  static {
    List<String> left = new ArrayList<>();
    String all = Security.getProperty(DISABLED);
    for (String algorithm : (all == null ? "" : all).split(",", -1)) {
      if (!OLD.contains(algorithm.strip())) {
        left.add(algorithm.strip());
      }
    }
    for (String side : List.of("jdk.tls.client.protocols", "jdk.tls.server.protocols")) {
      if (System.getProperty(side) == null) {
        System.setProperty(side, "TLSv1.2,TLSv1.3");
      }
    }
    Security.setProperty(DISABLED, String.join(", ", left));
  }

  private LegacyTls() {}

  /** Must be called before the first use of TLS. */
  public static void enable() {
    // The class has been initialised, which is all.
  }

  /**
   * Checks that connections can use a version.
   *
   * @param protocol Java's name of the version
   * @throws IOException if something used TLS before the old versions were enabled
   */
  public static void require(String protocol) throws IOException {
    if (!OLD.contains(protocol)) {
      return;
    }
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, null, null);
      SSLEngine engine = context.createSSLEngine();
      engine.setUseClientMode(true);
      engine.setEnabledProtocols(new String[] {protocol});
      engine.beginHandshake();
      engine.wrap(
          ByteBuffer.allocate(0), ByteBuffer.allocate(engine.getSession().getPacketBufferSize()));
    } catch (SSLException e) {
      throw new IOException(
          protocol + " is disabled in this Java process (" + DISABLED + "); use TLS 1.2 or 1.3", e);
    } catch (GeneralSecurityException e) {
      throw new IOException(protocol + " cannot be used: " + e.getMessage(), e);
    }
  }
}
