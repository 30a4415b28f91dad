package dev.tethys.web.internal;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BiFunction;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * TLS context with one server name for all its connections. The name is sent and must be in the
 * certificate, independently of the host. The JDK's client has no such setting and uses the host of
 * the URL; the engines of this context replace it.
 */
public final class FixedNameTlsContext extends SSLContext {
  public FixedNameTlsContext(SSLContext context, String serverName) {
    super(new Spi(context, serverName), context.getProvider(), context.getProtocol());
  }

  private static final class Spi extends DelegatingTlsContext {
    private final String name;

    Spi(SSLContext context, String name) {
      super(context);
      this.name = name;
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return new Named(context.createSSLEngine(name, 443), name, 443, names(name), List.of());
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return new Named(context.createSSLEngine(name, port), name, port, names(name), List.of());
    }
  }

  private static List<SNIServerName> names(String name) {
    if (isAddress(name)) {
      return List.of();
    }
    return List.of(name.indexOf('_') < 0 ? new SNIHostName(name) : new AnyHostname(name));
  }

  private static boolean isAddress(String name) {
    try {
      return name.indexOf(':') >= 0 || InetAddress.ofLiteral(name) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Delegates everything except the server name and the groups of the key exchange. */
  static final class Named extends SSLEngine {
    private final SSLEngine engine;
    private final @Nullable List<SNIServerName> names;
    private final List<String> groups;

    /**
     * An engine.
     *
     * @param names null to keep the names of the parameters
     * @param groups set even where the default is kept, which would else be the JDK's own; empty
     *     for these
     */
    Named(
        SSLEngine engine,
        @Nullable String host,
        int port,
        @Nullable List<SNIServerName> names,
        List<String> groups) {
      super(host, port);
      this.engine = engine;
      this.names = names;
      this.groups = groups;
    }

    @Override
    public void setSSLParameters(SSLParameters params) {
      if (names != null) {
        params.setServerNames(names);
      }
      if (!groups.isEmpty() && params.getNamedGroups() == null) {
        params.setNamedGroups(groups.toArray(String[]::new));
      }
      engine.setSSLParameters(params);
    }

    @Override
    public SSLParameters getSSLParameters() {
      return engine.getSSLParameters();
    }

    @Override
    public SSLEngineResult wrap(ByteBuffer[] srcs, int offset, int length, ByteBuffer dst)
        throws SSLException {
      return engine.wrap(srcs, offset, length, dst);
    }

    @Override
    public SSLEngineResult unwrap(ByteBuffer src, ByteBuffer[] dsts, int offset, int length)
        throws SSLException {
      return engine.unwrap(src, dsts, offset, length);
    }

    @Override
    public @Nullable Runnable getDelegatedTask() {
      return engine.getDelegatedTask();
    }

    @Override
    public void closeInbound() throws SSLException {
      engine.closeInbound();
    }

    @Override
    public boolean isInboundDone() {
      return engine.isInboundDone();
    }

    @Override
    public void closeOutbound() {
      engine.closeOutbound();
    }

    @Override
    public boolean isOutboundDone() {
      return engine.isOutboundDone();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return engine.getSupportedCipherSuites();
    }

    @Override
    public String[] getEnabledCipherSuites() {
      return engine.getEnabledCipherSuites();
    }

    @Override
    public void setEnabledCipherSuites(String[] suites) {
      engine.setEnabledCipherSuites(suites);
    }

    @Override
    public String[] getSupportedProtocols() {
      return engine.getSupportedProtocols();
    }

    @Override
    public String[] getEnabledProtocols() {
      return engine.getEnabledProtocols();
    }

    @Override
    public void setEnabledProtocols(String[] protocols) {
      engine.setEnabledProtocols(protocols);
    }

    @Override
    public SSLSession getSession() {
      return engine.getSession();
    }

    @Override
    public @Nullable SSLSession getHandshakeSession() {
      return engine.getHandshakeSession();
    }

    @Override
    public void beginHandshake() throws SSLException {
      engine.beginHandshake();
    }

    @Override
    public SSLEngineResult.HandshakeStatus getHandshakeStatus() {
      return engine.getHandshakeStatus();
    }

    @Override
    public void setUseClientMode(boolean mode) {
      engine.setUseClientMode(mode);
    }

    @Override
    public boolean getUseClientMode() {
      return engine.getUseClientMode();
    }

    @Override
    public void setNeedClientAuth(boolean need) {
      engine.setNeedClientAuth(need);
    }

    @Override
    public boolean getNeedClientAuth() {
      return engine.getNeedClientAuth();
    }

    @Override
    public void setWantClientAuth(boolean want) {
      engine.setWantClientAuth(want);
    }

    @Override
    public boolean getWantClientAuth() {
      return engine.getWantClientAuth();
    }

    @Override
    public void setEnableSessionCreation(boolean flag) {
      engine.setEnableSessionCreation(flag);
    }

    @Override
    public boolean getEnableSessionCreation() {
      return engine.getEnableSessionCreation();
    }

    @Override
    public @Nullable String getApplicationProtocol() {
      return engine.getApplicationProtocol();
    }

    @Override
    public @Nullable String getHandshakeApplicationProtocol() {
      return engine.getHandshakeApplicationProtocol();
    }

    @Override
    public void setHandshakeApplicationProtocolSelector(
        BiFunction<SSLEngine, List<String>, String> selector) {
      engine.setHandshakeApplicationProtocolSelector(selector);
    }

    @Override
    public BiFunction<SSLEngine, List<String>, String> getHandshakeApplicationProtocolSelector() {
      return engine.getHandshakeApplicationProtocolSelector();
    }
  }
}
