package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.testkit.Shared;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerFlagsTest {
  /** A flag in the help of Prometheus, where {@code [no-]} marks a boolean. */
  private static final Pattern FLAG =
      Pattern.compile("^ {2,6}(?:-h, )?--(?:\\[no-])?([a-z0-9.-]*[a-z0-9])", Pattern.MULTILINE);

  /** Of its library of flags, and of what Debian adds. */
  private static final List<String> NOT_ITS_OWN =
      List.of("help", "help-long", "help-man", "version", "web.local-assets");

  @Test
  void acceptsEveryFlagOfPrometheusHelp() throws Exception {
    Process p =
        new ProcessBuilder(Shared.peer("prometheus").toString(), "--help-long")
            .redirectErrorStream(true)
            .start();
    Set<String> told = new TreeSet<>();
    try (var in = new InputStreamReader(p.getInputStream(), StandardCharsets.UTF_8)) {
      Matcher m = FLAG.matcher(in.readAllAsString());
      while (m.find()) {
        told.add(m.group(1));
      }
    }
    NOT_ITS_OWN.forEach(told::remove);
    assertThat(told).hasSizeGreaterThan(40);
    for (String name : told) {
      FlagSet flags = name.startsWith("storage.agent") ? AgentFlags.set("") : ServerFlags.set();
      assertThatCode(() -> flags.get(name)).as(name).doesNotThrowAnyException();
    }
  }

  @Test
  void acceptsOrRejectsHiddenFlagsByName() {
    FlagSet flags =
        ServerFlags.set()
            .parse(
                List.of(
                    "--scrape.timestamp-tolerance=5ms",
                    "--scrape.discovery-reload-interval=1s",
                    "--storage.tsdb.allow-overlapping-compaction"));
    assertThat(ServerFlags.tolerance(flags)).isEqualTo(Duration.ofMillis(5));
    assertThat(ServerFlags.discoveryPause(flags)).isEqualTo(Duration.ofSeconds(1));
    FlagSet exact = AgentFlags.set("").parse(List.of("--no-scrape.adjust-timestamps"));
    assertThat(ServerFlags.tolerance(exact)).isZero();
    assertThatThrownBy(
            () ->
                ServerFlags.set().parse(List.of("--no-storage.tsdb.allow-overlapping-compaction")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("overlapping blocks are always merged");
    assertThatThrownBy(
            () -> AgentFlags.set("").parse(List.of("--storage.agent.wal-segment-size=1MB")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("which Tethys does not have");
  }

  @ParameterizedTest
  @CsvSource({"500us,500", "1.5ms,1500", "0,0", "1m0.5s,60500000"})
  void theToleranceIsReadAsGoReadsDurations(String given, long micros) {
    FlagSet flags = ServerFlags.set().parse(List.of("--scrape.timestamp-tolerance=" + given));
    assertThat(ServerFlags.tolerance(flags)).isEqualTo(Duration.ofNanos(micros * 1000));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1d", "-1ms", "5"})
  void rejectsInvalidTimestampTolerance(String given) {
    assertThatThrownBy(
            () -> ServerFlags.set().parse(List.of("--scrape.timestamp-tolerance=" + given)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("duration");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "0", "5s"})
  void zeroDiscoveryIntervalMeansDefault(String given) {
    FlagSet flags = ServerFlags.set().parse(List.of("--scrape.discovery-reload-interval=" + given));
    assertThat(ServerFlags.discoveryPause(flags)).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void featuresOfPrometheusStoreNeedNoFlag() {
    assertThat(
            Features.parse(
                List.of(
                    "xor2-encoding,use-uncached-io,delayed-compaction,histograms-st-encoding",
                    "otlp-native-delta-ingestion")))
        .containsExactly(Features.OTLP_NATIVE_DELTA);
    assertThatThrownBy(
            () -> Features.parse(List.of("otlp-deltatocumulative", "otlp-native-delta-ingestion")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("at the same time");
  }
}
