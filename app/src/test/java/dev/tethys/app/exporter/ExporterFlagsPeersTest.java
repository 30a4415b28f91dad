package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.prometheus.collect.ExporterFlags;
import dev.tethys.prometheus.collect.ExporterKinds;
import dev.tethys.testkit.Shared;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every flag that a real exporter's help lists is taken, or refused by its name. */
@Tag("contrib")
class ExporterFlagsPeersTest {
  private static final Pattern FLAG =
      Pattern.compile("(?m)^ *(?:-\\w, )?--?(?:\\[no-\\])?([a-zA-Z][\\w.-]*)");

  /** Of every program, in its own way. */
  private static final Set<String> OF_ALL =
      Set.of("help", "h", "help-long", "help-man", "version", "web.external-url.");

  @ParameterizedTest
  @ValueSource(strings = {"blackbox", "haproxy", "process", "snmp", "postgres", "mysqld", "redis"})
  void areKnown(String name) throws Exception {
    Path peer = Shared.peer("prometheus-" + name + "-exporter");
    Process p = new ProcessBuilder(peer.toString(), "--help").redirectErrorStream(true).start();
    String help = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    p.waitFor();
    Set<String> theirs = new TreeSet<>();
    FLAG.matcher(help).results().forEach(m -> theirs.add(m.group(1)));
    assertThat(theirs).as(help).hasSizeGreaterThan(8);
    theirs.removeAll(OF_ALL);
    Map<String, String> ours =
        ExporterFlags.withServer(
                Objects.requireNonNull(ExporterKinds.find(ExporterKinds.ALL, name)))
            .values();
    assertThat(ours.keySet()).containsAll(theirs);
  }
}
