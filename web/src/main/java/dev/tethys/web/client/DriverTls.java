package dev.tethys.web.client;

import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocketFactory;

/**
 * TLS sockets for a driver that instantiates this class by name with properties, such as
 * PostgreSQL's; one property is the number of a configuration. Files are read for every connection.
 */
public final class DriverTls extends SSLSocketFactory {
  /** Property with the number of a configuration. */
  public static final String NUMBER = "tethys.tls";

  private static final Map<String, TlsConfig> CONFIGS = new ConcurrentHashMap<>();
  private static final AtomicLong NUMBERS = new AtomicLong();

  private final SSLSocketFactory factory;

  /** Called by the driver. */
  public DriverTls(Properties info) throws IOException {
    TlsConfig c = CONFIGS.get(info.getProperty(NUMBER));
    if (c == null) {
      throw new IOException("the connection's TLS settings were released");
    }
    this.factory = TlsSockets.factory(c);
  }

  /** Registers a configuration and returns its number. */
  public static String register(TlsConfig c) {
    String n = Long.toString(NUMBERS.incrementAndGet());
    CONFIGS.put(n, c);
    return n;
  }

  /** Forgets a configuration. */
  public static void forget(String number) {
    CONFIGS.remove(number);
  }

  @Override
  public String[] getDefaultCipherSuites() {
    return factory.getDefaultCipherSuites();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return factory.getSupportedCipherSuites();
  }

  @Override
  public Socket createSocket(Socket s, String host, int port, boolean autoClose)
      throws IOException {
    return factory.createSocket(s, host, port, autoClose);
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return factory.createSocket(host, port);
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort)
      throws IOException {
    return factory.createSocket(host, port, local, localPort);
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return factory.createSocket(host, port);
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
      throws IOException {
    return factory.createSocket(host, port, local, localPort);
  }
}
