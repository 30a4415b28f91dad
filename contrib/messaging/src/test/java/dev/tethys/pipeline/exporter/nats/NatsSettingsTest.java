package dev.tethys.pipeline.exporter.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import java.util.List;
import org.junit.jupiter.api.Test;

class NatsSettingsTest {
  private static NatsSettings read(String yaml) {
    return NatsSettings.TYPE.read(YamlDocument.parse("c.yaml", null, yaml).root());
  }

  /** A request for TLS must never result in a plain connection. */
  @Test
  void honoursTlsForWebSockets() {
    for (String endpoint : List.of("ws://a", "nats://a,ws://b", "wss://a,ws://b")) {
      assertThatThrownBy(() -> read("{endpoint: '" + endpoint + "', tls: {ca_file: ca.pem}}"))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("wss://");
    }
    assertThat(read("{endpoint: 'wss://a', tls: {ca_file: ca.pem}}").tls()).isNotNull();
    assertThat(read("{endpoint: 'ws://a', tls: {insecure: true}}").tls()).isNull();
  }
}
