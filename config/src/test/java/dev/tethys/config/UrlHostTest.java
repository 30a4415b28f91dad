package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UrlHostTest {
  @ParameterizedTest
  @CsvSource({
    "http://loki:3100/x, loki, 3100",
    "http://my_loki:3100/x, my_loki, 3100",
    "http://user:pass@my_stack-loki_1/x, my_stack-loki_1, -1",
    "https://[::1]:1/, [::1], 1",
    "http://my_loki:port/, , -1",
    "mailto:a_b, , -1",
  })
  void acceptsUnderscoresInHosts(String url, String host, int port) {
    assertThat(UrlHost.of(URI.create(url))).isEqualTo(host);
    assertThat(UrlHost.port(URI.create(url))).isEqualTo(port);
  }

  @ParameterizedTest
  @CsvSource({
    "http://loki:3100/x, loki",
    "https://[::1]:1/, ::1",
    "http://[fe80::1%25eth0]:1/, fe80::1%eth0",
    "http://[fe80::1%eth0]:1/, fe80::1%eth0",
    "http://[fe80::1%25]:1/, fe80::1%25",
  })
  void socketsTakeHostsBare(String url, String host) {
    assertThat(UrlHost.bare(URI.create(url))).isEqualTo(host);
  }
}
