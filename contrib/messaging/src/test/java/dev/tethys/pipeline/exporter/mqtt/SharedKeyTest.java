package dev.tethys.pipeline.exporter.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.client.PlainContext;
import dev.tethys.web.client.HttpClientFactory;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings of pre-shared keys. */
class SharedKeyTest {
  private static MqttSettings settings(String keys) {
    return MqttSettings.TYPE.read(YamlDocument.parse("c.yaml", null, "{" + keys + "}").root());
  }

  @Test
  void readsKeysWithoutShowingThem() {
    MqttSettings s =
        settings(
            "endpoint: 'mqtts://broker', psk: 0123456789, psk_identity: gateway,"
                + " tls: {min_version: '1.3', server_name_override: other}");
    PskSettings key = Objects.requireNonNull(s.sharedKey());
    assertThat(Objects.requireNonNull(key.key()).bytes())
        .containsExactly(1, 0x23, 0x45, 0x67, 0x89);
    assertThat(key.newest()).isTrue();
    assertThat(key.serverName()).isEqualTo("other");
    assertThat(s.toString()).contains("gateway").doesNotContain("0123456789");
    key =
        Objects.requireNonNull(
            settings("endpoint: 'wss://[::1]', psk_file: k, psk_identity: gateway").sharedKey());
    assertThat(key.newest()).isFalse();
    assertThat(key.serverName()).isEmpty();
    assertThat(settings("endpoint: 'mqtts://broker'").sharedKey()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "mqtts|psk: 00ff|psk_identity requires exactly one of psk",
        "mqtts|psk_identity: a|psk_identity requires exactly one of psk",
        "mqtts|psk_file: f|psk_identity requires exactly one of psk",
        "mqtts|psk: 00ff, psk_file: f, psk_identity: a|requires exactly one of",
        "mqtt|psk: 00ff, psk_identity: a|psk requires an endpoint with mqtts:// or wss://",
        "mqtts|psk: 00f, psk_identity: a|two hexadecimal digits for each byte, but has 3 digits",
        "mqtts|psk: 00fx, psk_identity: a|character 4 of the key is not a hexadecimal digit",
        "mqtts|psk: '', psk_identity: a|1 to 65535 bytes",
        "mqtts|psk: 00ff, psk_identity: a, tls: {ca_file: c}|the key replaces",
        "mqtts|psk: 00ff, psk_identity: a, tls: {insecure_skip_verify: true}|replaces certificates",
      })
  void rejectsInvalidSettingsWithPosition(String scheme, String keys, String reason) {
    assertThatThrownBy(() -> settings("endpoint: '" + scheme + "://broker', " + keys))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(reason)
        .hasMessageContaining("c.yaml:1:")
        .hasMessageNotContaining("00f");
  }

  /** The library is not on this module's class path. */
  @Test
  void reportsAMissingLibraryBeforeSending() {
    try (HttpClientFactory clients = new HttpClientFactory("test")) {
      MqttExporterFactory factory = new MqttExporterFactory(clients);
      MqttSettings secured =
          settings("endpoint: 'mqtts://broker', psk: 00ff, psk_identity: a, encoding: influx");
      assertThatThrownBy(() -> factory.create(secured, Signal.METRICS, new PlainContext("mqtt")))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("psk_identity")
          .hasMessageContaining("install a Tethys distribution that contains them");
      assertThatThrownBy(() -> factory.probe(secured, Signal.METRICS, new PlainContext("mqtt")))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("psk_identity");
    }
  }
}
