package dev.tethys.web.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * TLS context whose connections use cipher suites and groups other than the JDK's defaults;
 * parameters set later by the client do not affect these.
 */
public final class CipherOrderTlsContext extends SSLContext {
  /**
   * Creates the context.
   *
   * @param suites TLS 1.2 cipher suites in order of preference; empty for the JDK's default
   * @param groups named groups; empty for the JDK's own
   */
  public CipherOrderTlsContext(SSLContext context, List<String> suites, List<String> groups) {
    super(new Spi(context, suites, groups), context.getProvider(), context.getProtocol());
  }

  /**
   * The enabled suites for configured ones: as in Go, those of TLS 1.3 cannot be configured.
   *
   * @param usual default suites of the JDK
   */
  public static String[] suites(List<String> wanted, String[] usual) {
    List<String> suites = new ArrayList<>(wanted);
    for (String s : usual) {
      if (!s.contains("_WITH_") && !s.startsWith("TLS_EMPTY") && !suites.contains(s)) {
        suites.add(s);
      }
    }
    return suites.toArray(String[]::new);
  }

  private static final class Spi extends DelegatingTlsContext {
    private final List<String> suites;
    private final List<String> groups;

    Spi(SSLContext context, List<String> suites, List<String> groups) {
      super(context);
      this.suites = List.copyOf(suites);
      this.groups = List.copyOf(groups);
    }

    private SSLParameters tuned(SSLParameters p) {
      if (!suites.isEmpty()) {
        p.setCipherSuites(suites(suites, p.getCipherSuites()));
      }
      if (!groups.isEmpty()) {
        p.setNamedGroups(groups.toArray(String[]::new));
      }
      return p;
    }

    private SSLEngine tuned(SSLEngine e) {
      e.setSSLParameters(tuned(e.getSSLParameters()));
      return new FixedNameTlsContext.Named(e, e.getPeerHost(), e.getPeerPort(), null, groups);
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return new Factory(context.getSocketFactory(), this);
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return tuned(context.createSSLEngine());
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return tuned(context.createSSLEngine(host, port));
    }

    @Override
    protected SSLParameters engineGetDefaultSSLParameters() {
      return tuned(context.getDefaultSSLParameters());
    }
  }

  /** Delegates everything, and sets the initial parameters of every socket. */
  private static final class Factory extends SSLSocketFactory {
    private final SSLSocketFactory factory;
    private final Spi spi;

    Factory(SSLSocketFactory factory, Spi spi) {
      this.factory = factory;
      this.spi = spi;
    }

    private Socket tuned(Socket s) {
      if (s instanceof SSLSocket t) {
        t.setSSLParameters(spi.tuned(t.getSSLParameters()));
      }
      return s;
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return spi.engineGetDefaultSSLParameters().getCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return factory.getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket() throws IOException {
      return tuned(factory.createSocket());
    }

    @Override
    public Socket createSocket(Socket s, String host, int port, boolean autoClose)
        throws IOException {
      return tuned(factory.createSocket(s, host, port, autoClose));
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      return tuned(factory.createSocket(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort)
        throws IOException {
      return tuned(factory.createSocket(host, port, local, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      return tuned(factory.createSocket(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
        throws IOException {
      return tuned(factory.createSocket(host, port, local, localPort));
    }
  }
}
