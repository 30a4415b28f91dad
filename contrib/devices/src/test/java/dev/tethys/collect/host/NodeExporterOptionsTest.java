package dev.tethys.collect.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.host.NodeExporterFlags.Kind;
import dev.tethys.collect.host.linux.HostCollectors;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flags mean what they mean to node_exporter, or are refused by name. */
final class NodeExporterOptionsTest {
  private static NodeExporterOptions parse(String... flags) {
    return NodeExporterOptions.parse(
        Arrays.stream(flags)
            .map(
                f -> {
                  int eq = f.indexOf('=');
                  return eq < 0
                      ? new NodeExporterOptions.Setting(f, null)
                      : new NodeExporterOptions.Setting(f.substring(0, eq), f.substring(eq + 1));
                })
            .toList());
  }

  @Test
  void turnsCollectorsOnAndOff() {
    assertThat(parse().enabled()).containsExactlyInAnyOrderElementsOf(NodeExporterFlags.DEFAULT_ON);
    assertThat(parse("no-collector.cpu").enabled()).doesNotContain("cpu").contains("meminfo");
    assertThat(parse("collector.cpu=false").enabled()).doesNotContain("cpu");
    assertThat(parse("collector.disable-defaults", "collector.cpu").enabled())
        .containsExactly("cpu");
    assertThat(parse("collector.nvmesubsystem").enabled()).contains("nvmesubsystem");
    assertThat(parse("no-collector.systemd").enabled()).isEqualTo(parse().enabled());
  }

  @Test
  void supportsEveryCollectorFlag() {
    for (NodeExporterFlags.Flag f : NodeExporterOptions.flags()) {
      if (f.kind() == Kind.COLLECTOR) {
        NodeExporterOptions o = parse("collector.disable-defaults", f.name());
        assertThat(new HostCollectors(o, InstantSource.system()).names())
            .containsExactly(f.collector());
      }
    }
  }

  @Test
  void includingDropsTheDefaultExclusion() {
    NodeExporterOptions o = parse("collector.diskstats.device-include=sda1");
    assertThat(o.string("collector.diskstats.device-exclude")).isEmpty();
    assertThat(parse().string("collector.diskstats.device-exclude")).contains("loop");
    assertThat(
            parse("collector.diskstats.ignored-devices=x")
                .string("collector.diskstats.device-exclude"))
        .isEqualTo("x");
    assertThat(
            parse("collector.filesystem.mount-timeout=1m500ms")
                .duration("collector.filesystem.mount-timeout"))
        .isEqualTo(Duration.ofMillis(60_500));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "collector.nope | unknown long flag '--collector.nope'",
        "no-path.procfs=/x | unknown long flag '--no-path.procfs'",
        "collector.cpu=maybe | neither true nor false",
        "path.procfs | expected argument for flag '--path.procfs'",
        "collector.netstat.fields=( | --collector.netstat.fields:",
        "collector.filesystem.mount-timeout=soon | is not a duration",
        "collector.filesystem.stat-workers=-1 | is not a whole number"
      })
  void refusesByName(String flag, String error) {
    assertThatThrownBy(() -> parse(flag))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(error);
  }

  /** It may hold a password, which no message shows. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "https://u:secret@h/RPC2 | begins with http:// or unix://, not https:",
        "http://u:secret%@h/RPC2 | Malformed escape pair",
        "http://u:secret@my_host:9001/RPC2 | names no host",
        "unix:secret | names no path"
      })
  void refusesAddressesOfSupervisord(String url, String error) {
    for (boolean flag : new boolean[] {true, false}) {
      NodeExporterOptions o =
          flag
              ? parse("collector.supervisord", "collector.supervisord.url=" + url)
              : parse("collector.supervisord");
      assertThatThrownBy(() -> new HostCollectors(o, InstantSource.system(), v -> url))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("--collector.supervisord.url, or SUPERVISORD_URL")
          .hasMessageContaining(error)
          .hasNoCause()
          .message()
          .doesNotContain("secret");
    }
  }

  @Test
  void rejectsExclusiveFlags() {
    assertThatThrownBy(
            () -> parse("collector.netdev.device-include=a", "collector.netdev.device-exclude=b"))
        .hasMessageContaining("mutually exclusive");
    assertThatThrownBy(
            () ->
                parse(
                    "collector.diskstats.ignored-devices=a",
                    "collector.diskstats.device-exclude=b"))
        .hasMessageContaining("mutually exclusive");
    assertThatThrownBy(
            () ->
                new HostCollectors(
                    parse("collector.ipvs.backend-labels=proto,foo"), InstantSource.system()))
        .hasMessageContaining("foo");
    assertThatThrownBy(
            () -> new HostCollectors(parse("path.procfs=/nowhere"), InstantSource.system()))
        .hasMessageContaining("--path.procfs: /nowhere");
  }

  @Test
  void requestFiltersNameCollectors() {
    HostCollectors c = new HostCollectors(parse("no-collector.uname"), InstantSource.system());
    assertThat(Exposition.of(c.filtered(List.of("loadavg"), List.of())).families.keySet())
        .containsExactlyInAnyOrder(
            "node_load1",
            "node_load5",
            "node_load15",
            "node_scrape_collector_duration_seconds",
            "node_scrape_collector_success");
    assertThat(Exposition.of(c.filtered(List.of(), List.of("loadavg"))).families.keySet())
        .contains("node_memory_MemTotal_bytes")
        .doesNotContain("node_load1");
    assertThatThrownBy(() -> c.filtered(List.of("uname"), List.of()))
        .hasMessage("disabled collector: uname");
    assertThatThrownBy(() -> c.filtered(List.of("nope"), List.of()))
        .hasMessage("missing collector: nope");
    assertThatThrownBy(() -> c.filtered(List.of("cpu"), List.of("loadavg")))
        .hasMessageContaining("not allowed");
  }

  /** Every flag of the real program is one that is taken or refused by its name. */
  @Test
  void supportsEveryFlagOfTheReference() throws IOException, InterruptedException {
    Path peer = Shared.peer("prometheus-node-exporter");
    Process p = new ProcessBuilder(peer.toString(), "--help").redirectErrorStream(true).start();
    String help = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    p.waitFor();
    List<String> unknown =
        java.util.regex.Pattern.compile(
                "(?m)^ +--(?:\\[no-\\])?((?:collector|path)[a-z0-9_.A-Z-]*)")
            .matcher(help)
            .results()
            .map(m -> m.group(1))
            .filter(f -> !NodeExporterOptions.isFlag(f))
            .toList();
    assertThat(help).contains("--collector.cpu");
    assertThat(unknown).isEmpty();
  }
}
