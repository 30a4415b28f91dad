package dev.tethys.pipeline.exporter.loadbalancing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Names that resolve without a DNS query. */
class NameLookupTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  @Test
  void resolvesAddressesAndTheHostsFile() throws Exception {
    assertThat(NameLookup.SYSTEM.addresses("192.0.2.7", TIMEOUT))
        .containsExactly(InetAddress.ofLiteral("192.0.2.7"));
    assertThat(NameLookup.SYSTEM.addresses("localhost", TIMEOUT))
        .contains(InetAddress.ofLiteral("127.0.0.1"));
  }

  @Test
  void rejectsInvalidNames() {
    assertThatThrownBy(() -> NameLookup.SYSTEM.addresses("a..b", TIMEOUT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("a..b");
  }
}
