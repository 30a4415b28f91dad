package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListenAddressConfigTest {
  private static final Section SECTION = new Section("s", "A listener.");
  private static final Key<String> ADDRESS =
      SECTION.key("address", ListenAddressConfig.TYPE, ":1", "Where.");
  private static final Key<Long> PORT = SECTION.key("port", Type.PORT, 80L, "Which.");

  private static YamlObject read(String yaml) {
    return YamlDocument.parse("f.yml", null, yaml).root().object(SECTION);
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:4317, localhost, 4317",
    ":0, '', 0",
    "[::1]:65535, ::1, 65535",
    "no-such-host.example:1, no-such-host.example, 1",
  })
  void readsAddressesWithoutDns(String text, String host, int port) {
    assertThat(ListenAddressConfig.parse(text)).isEqualTo(new ListenAddressConfig(host, port));
    assertThat(read("address: '" + text + "'").get(ADDRESS)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "", "::1", "::1:80", "a:b:1"})
  void otherFormsAreNamed(String text) {
    assertThatThrownBy(() -> read("address: '" + text + "'").get(ADDRESS))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("f.yml:1:10")
        .hasMessageContaining("\"" + text + "\" must be host:port, :port or [IPv6 address]:port");
  }

  @ParameterizedTest
  @ValueSource(strings = {"h:", "h:x", "h:-1", "h:65536", "h:99999999999"})
  void soArePorts(String text) {
    assertThatThrownBy(() -> read("address: '" + text + "'").get(ADDRESS))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("the port must be a number from 0 to 65535");
  }

  @Test
  void checksRangeOfPort() {
    assertThat(read("port: 65535").get(PORT)).isEqualTo(65535);
    assertThat(read("port: 0").get(PORT)).isZero();
    for (String wrong : new String[] {"-1", "65536", "99999999999"}) {
      assertThatThrownBy(() -> read("port: " + wrong).get(PORT))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("f.yml:1:7")
          .hasMessageContaining("a port must be between 0 and 65535");
    }
  }
}
