package dev.tethys.collect.http3;

import io.netty.handler.codec.quic.QuicSslEngine;
import java.lang.reflect.Field;
import java.net.InetAddress;

/**
 * The server name (SNI). Netty sends none without a dot, such as {@code localhost} and the short
 * names of a cluster, although servers select sites and certificates by them: it is stored where
 * Netty keeps other names. If that is unavailable such a name is verified but not sent.
 */
final class ServerNames {
  private ServerNames() {}

  static void send(QuicSslEngine engine, String name) {
    if (name.isEmpty() || name.indexOf('.') >= 0 || isAddress(name)) {
      return;
    }
    try {
      Field f = engine.getClass().getDeclaredField("tlsHostName");
      f.setAccessible(true);
      f.set(engine, name);
    } catch (ReflectiveOperationException | RuntimeException e) {
      // another version of Netty, or of Java
    }
  }

  private static boolean isAddress(String name) {
    try {
      InetAddress.ofLiteral(name);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
