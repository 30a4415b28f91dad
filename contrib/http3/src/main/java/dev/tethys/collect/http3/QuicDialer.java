package dev.tethys.collect.http3;

import dev.tethys.web.client.Http3Dialer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Dials HTTP/3; found by {@link java.util.ServiceLoader}. */
public final class QuicDialer implements Http3Dialer {
  /** Event loop of all connections: one thread, which ends with the process. */
  private static final class Loop {
    static final EventLoopGroup GROUP =
        new MultiThreadIoEventLoopGroup(
            1, Thread.ofPlatform().daemon().name("http3-", 0).factory(), NioIoHandler.newFactory());
  }

  @Override
  public String problem() {
    if (Quic.isAvailable()) {
      return "";
    }
    Throwable cause = Quic.unavailabilityCause();
    while (cause != null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return "HTTP/3 is not supported on this machine: its native library, which there is for Linux on"
        + " x86_64 and aarch64 with glibc, does not load: "
        + (cause == null ? "unknown reason" : cause.getMessage());
  }

  @Override
  public Secured secured(KeyManager @Nullable [] keys, TrustManager @Nullable [] trust)
      throws IOException {
    QuicSslContextBuilder b =
        QuicSslContextBuilder.forClient()
            .applicationProtocols("h3")
            .trustManager(new CertificateFailureRecorder(extended(trust)))
            .endpointIdentificationAlgorithm("HTTPS")
            // Each probe sees the server's certificate.
            .sessionCacheSize(0);
    if (keys != null && keys.length > 0) {
      b.keyManager(keys[0], null);
    }
    QuicSslContext context = b.build();
    return (to, name, deadline) -> QuicConnection.open(Loop.GROUP, context, to, name, deadline);
  }

  private static X509ExtendedTrustManager extended(TrustManager @Nullable [] trust)
      throws IOException {
    try {
      TrustManager[] all = trust;
      if (all == null) {
        TrustManagerFactory f =
            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        f.init((KeyStore) null);
        all = f.getTrustManagers();
      }
      for (TrustManager m : all) {
        if (m instanceof X509ExtendedTrustManager x) {
          return x;
        }
      }
      throw new IOException("no X.509 trust manager");
    } catch (GeneralSecurityException e) {
      throw new IOException("tls_config: " + e.getMessage(), e);
    }
  }
}
