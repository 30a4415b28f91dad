package dev.tethys.pipeline.kafka;

import dev.tethys.config.TlsConfig;
import dev.tethys.web.client.TlsSockets;
import java.io.IOException;
import java.security.KeyStore;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.security.auth.SslEngineFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS for Kafka's client, configured like all other clients. The client's own factory checks only
 * the broker's name, verifies chains even if disabled, and ignores changed files.
 */
public final class TlsEngines implements SslEngineFactory {
  /** The property that holds the {@link TlsConfig}. */
  static final String CONFIG = "tethys.tls_config";

  private @Nullable TlsConfig config;

  @Override
  public void configure(Map<String, ?> properties) {
    config = (TlsConfig) Objects.requireNonNull(properties.get(CONFIG), CONFIG);
  }

  @Override
  public SSLEngine createClientSslEngine(String host, int port, String identification) {
    try {
      return TlsSockets.engine(Objects.requireNonNull(config), host, port);
    } catch (IOException e) {
      throw new KafkaException(e.getMessage(), e);
    }
  }

  @Override
  public SSLEngine createServerSslEngine(String host, int port) {
    throw new KafkaException("these are client TLS settings");
  }

  /** Returns false: each connection reads the current files. */
  @Override
  public boolean shouldBeRebuilt(Map<String, Object> next) {
    return false;
  }

  @Override
  public Set<String> reconfigurableConfigs() {
    return Set.of();
  }

  @Override
  public @Nullable KeyStore keystore() {
    return null;
  }

  @Override
  public @Nullable KeyStore truststore() {
    return null;
  }

  @Override
  public void close() {}
}
