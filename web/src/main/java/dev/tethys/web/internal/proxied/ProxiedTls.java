package dev.tethys.web.internal.proxied;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.KeyManagementException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS behind a header of the PROXY protocol, which stands before the handshake: a context whose
 * listening sockets accept a {@link HeaderSocket} and put TLS over it.
 */
public final class ProxiedTls {
  private ProxiedTls() {}

  /** The same context, for connections that may begin with a header. */
  public static SSLContext over(SSLContext tls) {
    return new SSLContext(new Spi(tls), tls.getProvider(), tls.getProtocol()) {};
  }

  private static final class Spi extends SSLContextSpi {
    private final SSLContext tls;

    Spi(SSLContext tls) {
      this.tls = tls;
    }

    @Override
    protected void engineInit(
        KeyManager @Nullable [] k, TrustManager @Nullable [] t, @Nullable SecureRandom random)
        throws KeyManagementException {
      tls.init(k, t, random);
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return tls.getSocketFactory();
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      return new Factory(tls.getServerSocketFactory(), tls.getSocketFactory());
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return tls.createSSLEngine();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return tls.createSSLEngine(host, port);
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return tls.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return tls.getClientSessionContext();
    }

    @Override
    protected SSLParameters engineGetDefaultSSLParameters() {
      return tls.getDefaultSSLParameters();
    }

    @Override
    protected SSLParameters engineGetSupportedSSLParameters() {
      return tls.getSupportedSSLParameters();
    }
  }

  private static final class Factory extends SSLServerSocketFactory {
    private final SSLServerSocketFactory tls;
    private final SSLSocketFactory layers;

    Factory(SSLServerSocketFactory tls, SSLSocketFactory layers) {
      this.tls = tls;
      this.layers = layers;
    }

    @Override
    public ServerSocket createServerSocket() throws IOException {
      return new Listening((SSLServerSocket) tls.createServerSocket(), layers);
    }

    @Override
    public ServerSocket createServerSocket(int port) {
      throw bound();
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog) {
      throw bound();
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog, InetAddress address) {
      throw bound();
    }

    /** The engine binds its sockets itself. */
    private static UnsupportedOperationException bound() {
      return new UnsupportedOperationException("a socket that is bound at once");
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return tls.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return tls.getSupportedCipherSuites();
    }
  }

  /** Listens by itself; what it is told about TLS is kept by a socket that is never bound. */
  private static final class Listening extends SSLServerSocket {
    private final SSLServerSocket told;
    private final SSLSocketFactory layers;

    Listening(SSLServerSocket told, SSLSocketFactory layers) throws IOException {
      this.told = told;
      this.layers = layers;
    }

    @Override
    public Socket accept() throws IOException {
      HeaderSocket raw = new HeaderSocket();
      implAccept(raw);
      try {
        SSLSocket s = (SSLSocket) layers.createSocket(raw, null, true);
        s.setSSLParameters(told.getSSLParameters());
        return s;
      } catch (IOException | RuntimeException e) {
        raw.close();
        throw e;
      }
    }

    @Override
    public void close() throws IOException {
      told.close();
      super.close();
    }

    @Override
    public SSLParameters getSSLParameters() {
      return told.getSSLParameters();
    }

    @Override
    public void setSSLParameters(SSLParameters p) {
      told.setSSLParameters(p);
    }

    @Override
    public String[] getEnabledCipherSuites() {
      return told.getEnabledCipherSuites();
    }

    @Override
    public void setEnabledCipherSuites(String[] suites) {
      told.setEnabledCipherSuites(suites);
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return told.getSupportedCipherSuites();
    }

    @Override
    public String[] getSupportedProtocols() {
      return told.getSupportedProtocols();
    }

    @Override
    public String[] getEnabledProtocols() {
      return told.getEnabledProtocols();
    }

    @Override
    public void setEnabledProtocols(String[] protocols) {
      told.setEnabledProtocols(protocols);
    }

    @Override
    public void setNeedClientAuth(boolean need) {
      told.setNeedClientAuth(need);
    }

    @Override
    public boolean getNeedClientAuth() {
      return told.getNeedClientAuth();
    }

    @Override
    public void setWantClientAuth(boolean want) {
      told.setWantClientAuth(want);
    }

    @Override
    public boolean getWantClientAuth() {
      return told.getWantClientAuth();
    }

    @Override
    public void setUseClientMode(boolean client) {
      told.setUseClientMode(client);
    }

    @Override
    public boolean getUseClientMode() {
      return told.getUseClientMode();
    }

    @Override
    public void setEnableSessionCreation(boolean may) {
      told.setEnableSessionCreation(may);
    }

    @Override
    public boolean getEnableSessionCreation() {
      return told.getEnableSessionCreation();
    }
  }
}
