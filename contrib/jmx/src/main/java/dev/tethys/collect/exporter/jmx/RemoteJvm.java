package dev.tethys.collect.exporter.jmx;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.rmi.RMIConnectorServer;
import javax.naming.Context;
import javax.rmi.ssl.SslRMIClientSocketFactory;
import org.jspecify.annotations.Nullable;

/** The JVM configured in a file: a connection for each scrape, as in the original. */
final class RemoteJvm {
  /** A variable that turns off TLS of the registry only. */
  private static final String PLAIN_REGISTRY = "RMI_REGISTRY_SSL_DISABLED";

  private final JmxConfig config;
  private final BeanReader reader;
  private final boolean securedRegistry;

  RemoteJvm(JmxConfig config, Function<String, @Nullable String> environment) {
    this.config = config;
    this.reader = new BeanReader(config);
    this.securedRegistry = !"true".equalsIgnoreCase(environment.apply(PLAIN_REGISTRY));
  }

  /**
   * Reads its beans, until the thread is interrupted.
   *
   * @throws IOException if it cannot be reached or the connection breaks
   */
  // The stub is looked up by JNDI inside; RmiSockets lets classes of Java alone in.
  @SuppressWarnings("BanJNDI")
  void read(Consumer<BeanValue> to) throws IOException {
    try {
      RmiSockets.callWithLimits(
          config.tls(),
          () -> {
            try (JMXConnector c = JMXConnectorFactory.connect(config.url(), settings())) {
              reader.read(c.getMBeanServerConnection(), to);
            }
            return "";
          });
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private Map<String, Object> settings() {
    Map<String, Object> m = new HashMap<>();
    // No thread that checks whether the connection is alive: it lives for one scrape.
    m.put("jmx.remote.x.client.connection.check.period", 0L);
    if (!config.username().isEmpty() && !config.password().isEmpty()) {
      m.put(JMXConnector.CREDENTIALS, new String[] {config.username(), config.password()});
    }
    if (config.tls() != null) {
      m.put(Context.SECURITY_PROTOCOL, "ssl");
      SslRMIClientSocketFactory sockets = new SslRMIClientSocketFactory();
      m.put(RMIConnectorServer.RMI_CLIENT_SOCKET_FACTORY_ATTRIBUTE, sockets);
      if (securedRegistry) {
        m.put("com.sun.jndi.rmi.factory.socket", sockets);
      }
    }
    return m;
  }
}
