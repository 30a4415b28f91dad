package dev.tethys.pipeline.destination.mqtt;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that both sides know are refused with the way there is, not as a slip of the pen. */
class SharedKeyTest {
  @ParameterizedTest
  @ValueSource(strings = {"psk: 00ff", "psk_identity: gateway"})
  void areRefusedWithAWayOut(String keys) {
    YamlNode root =
        YamlDocument.parse("c.yaml", null, "{endpoint: 'mqtts://broker', " + keys + "}").root();
    assertThatThrownBy(() -> MqttSettings.TYPE.read(root))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("PSK")
        .hasMessageContaining("stunnel")
        .hasMessageContaining("c.yaml:1:");
  }
}
