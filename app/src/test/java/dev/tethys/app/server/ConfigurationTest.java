package dev.tethys.app.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tethys.model.exposition.Registry;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reload of a configuration: every part has the new one, or every part the previous one. */
class ConfigurationTest {
  @TempDir Path folder;

  private Configuration configuration(String text) throws IOException {
    Files.writeString(file(), text);
    return new Configuration("server", file(), "", new Registry());
  }

  private Path file() {
    return folder.resolve("prometheus.yml");
  }

  @Test
  void unreadableFileIsNamedWithRole() throws IOException {
    for (String role : List.of("server", "agent")) {
      UsageException missing =
          assertThrows(
              UsageException.class, () -> new Configuration(role, file(), "", new Registry()));
      assertEquals(
          "tethys " + role + ": " + file() + ": no such file or directory; set --config.file",
          missing.getMessage());
      UsageException directory =
          assertThrows(
              UsageException.class, () -> new Configuration(role, folder, "", new Registry()));
      assertEquals("tethys " + role + ": " + folder + ": is a directory", directory.getMessage());
    }
  }

  @Test
  void rejectingPartRollsBackOthers() throws IOException {
    Configuration c = configuration("global: {scrape_interval: 7s}");
    List<String> applied = new ArrayList<>();
    c.add(p -> applied.add("first " + interval(p)));
    c.add(
        p -> {
          applied.add("second " + interval(p));
          if (interval(p) == 9) {
            throw new IOException("no room");
          }
        });
    c.add(p -> applied.add("third " + interval(p)));
    PrometheusConfig before = c.current();
    applied.clear();
    Files.writeString(file(), "global: {scrape_interval: 9s}");

    assertEquals("no room", assertThrows(IOException.class, c::reload).getMessage());

    assertEquals(List.of("first 9", "second 9", "first 7", "second 7"), applied);
    assertSame(before, c.current());
    assertFalse(c.succeeded());
  }

  @Test
  void partThatCannotRollBackDoesNotPreventOthers() throws IOException {
    Configuration c = configuration("global: {scrape_interval: 7s}");
    List<Long> last = new ArrayList<>();
    boolean[] broken = new boolean[1];
    c.add(
        p -> {
          if (broken[0]) {
            throw new IllegalStateException("closed");
          }
        });
    c.add(p -> last.add(interval(p)));
    c.add(
        p -> {
          if (interval(p) == 9) {
            broken[0] = true;
            throw new IOException("no room");
          }
        });
    Files.writeString(file(), "global: {scrape_interval: 9s}");

    assertThrows(IOException.class, c::reload);

    assertEquals(List.of(7L, 9L, 7L), last);
  }

  @Test
  void activeRulesRemainThoseOfTheLastConfiguration() throws IOException {
    Path rules = folder.resolve("rules.yml");
    Files.writeString(rules, "groups: [{name: before, rules: [{record: a, expr: b}]}]");
    Configuration c = configuration("rule_files: [rules.yml]");
    ParserOptions parser = ParserOptions.STABLE;
    assertEquals("before", c.rulesOf(c.current(), parser).getFirst().name());

    Files.writeString(rules, "groups: [{name: after, rules: [{record: a, expr: b}]}]");

    assertEquals("before", c.rulesOf(c.current(), parser).getFirst().name());
    c.reload();
    assertEquals("after", c.rulesOf(c.current(), parser).getFirst().name());
  }

  private static long interval(PrometheusConfig c) {
    return c.global().scrape().interval().toSeconds();
  }
}
