package dev.tethys.pipeline.kafka;

import dev.tethys.config.TlsConfig;
import dev.tethys.web.client.TlsSockets;
import java.io.IOException;
import java.util.Map;

/** A {@code tls_config} as properties of Kafka's client. */
final class TlsProperties {
  private TlsProperties() {}

  /**
   * Properties for a TLS configuration. Files are read here to detect errors, and again for each
   * connection.
   *
   * @throws IOException if a file cannot be read
   */
  static Map<String, Object> of(TlsConfig t) throws IOException {
    TlsSockets.factory(t);
    return Map.of("ssl.engine.factory.class", TlsEngines.class, TlsEngines.CONFIG, t);
  }
}
