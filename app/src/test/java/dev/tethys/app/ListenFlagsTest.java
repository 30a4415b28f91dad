package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.testkit.LogMessages;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class ListenFlagsTest {
  private static final String NAME = "web.listen-address";

  private static FlagSet flags(String... given) {
    return new FlagSet(
            "tethys x",
            "does x",
            List.of(
                Flag.of(NAME, Flag.Kind.LIST, "0.0.0.0:9090", "Address."),
                Flag.of("web.config.file", Flag.Kind.STRING, "", "File."),
                ListenFlags.SYSTEMD))
        .parse(List.of(given));
  }

  private static String[] limited(String... given) {
    FlagSet flags = flags(given);
    ListenFlags.keepToLoopback(flags, NAME);
    return ListenFlags.addresses(flags);
  }

  @Test
  void defaultIsLoopbackUnlessAnAddressOrAWebConfigurationIsGiven() {
    assertThat(limited()).containsExactly("127.0.0.1:9090");
    assertThat(limited("--web.listen-address=:9")).containsExactly(":9");
    assertThat(limited("--web.config.file=web.yml")).containsExactly("0.0.0.0:9090");
    FlagSet flags = flags();
    ListenFlags.keepToLoopback(flags, NAME);
    assertThat(flags.values()).containsEntry(NAME, "127.0.0.1:9090");
  }

  @Test
  void warningNamesListenersOfProtocolsWithoutAuthentication() {
    try (LogMessages log = LogMessages.of(ListenFlagsTest.class)) {
      System.Logger to = JulLogger.of(ListenFlagsTest.class.getName());
      ListenFlags.warnIfOpen(to, "syslog", "127.0.0.1:514", "logs");
      ListenFlags.warnIfOpen(to, "syslog", "[::1]:514", "logs");
      assertThat(log.messages()).isEmpty();
      ListenFlags.warnIfOpen(to, "syslog", ":514", "logs");
      ListenFlags.warnIfOpen(to, "syslog", "0.0.0.0:514", "logs");
      assertThat(log.messages()).hasSize(2);
      assertThat(log.messages().getFirst()).contains(":514", "open=\"logs\"", "--syslog");
    }
  }

  @Test
  void warningNamesOpenAddressesAndContent() {
    List<InetSocketAddress> both =
        List.of(new InetSocketAddress("127.0.0.1", 1), new InetSocketAddress("0.0.0.0", 2));
    try (LogMessages log = LogMessages.of(ListenFlagsTest.class)) {
      System.Logger to = JulLogger.of(ListenFlagsTest.class.getName());
      ListenFlags.warnIfOpen(to, flags(), NAME, both.subList(0, 1), "logs");
      ListenFlags.warnIfOpen(to, flags("--web.config.file=web.yml"), NAME, both, "logs");
      assertThat(log.messages()).isEmpty();
      ListenFlags.warnIfOpen(to, flags(), NAME, both, "logs");
      assertThat(log.messages()).hasSize(1);
      assertThat(log.messages().getFirst())
          .contains("0.0.0.0", ":2", "open=\"logs\"", "--web.config.file", "--" + NAME)
          .doesNotContain("127.0.0.1");
    }
  }
}
