package dev.tethys.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.rule.RuleFile;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.NameScheme;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.testkit.NullKeys;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Null as the value of every key of {@code prometheus.yml} and of files of rules, with the
 * decisions of promtool. {@code -Dtethys.promtool=FILE} asks promtool again.
 */
@Tag("contrib")
class NullKeysTest {
  private static final @Nullable String PROMTOOL = System.getProperty("tethys.promtool");

  private static Path file(String name) {
    return Shared.root().resolve("prometheus/src/test/resources/dev/tethys/prometheus/" + name);
  }

  private static Set<String> sections(String file) throws IOException {
    try (Stream<String> lines = Files.lines(file(file))) {
      return lines
          .filter(l -> l.contains("|"))
          .map(l -> l.substring(0, l.indexOf('|')).strip())
          .collect(Collectors.toSet());
    }
  }

  private static void read(String text) throws IOException {
    PrometheusConfig.read(YamlDocument.parse("test.yml", null, text), null, name -> null);
  }

  @Test
  void readsNullLikePromtool() throws Exception {
    String reference = PrometheusConfig.reference();
    Path verdicts = file("nulls.txt");
    if (PROMTOOL != null) {
      NullKeys.record(reference, verdicts, List.of(PROMTOOL, "check", "config", "--syntax-only"));
    }
    Set<String> elsewhere = sections("own-nulls.txt");
    elsewhere.addAll(sections("rule-nulls.txt"));
    elsewhere.add("scrape_config_file"); // a file of its own with one key, scrape_configs
    assertThat(NullKeys.differences(reference, verdicts, elsewhere, NullKeysTest::read)).isEmpty();
  }

  @Test
  void readsNullInRulesLikePromtool() throws Exception {
    String reference = PrometheusConfig.reference();
    Path verdicts = file("rule-nulls.txt");
    if (PROMTOOL != null) {
      NullKeys.record(reference, verdicts, List.of(PROMTOOL, "check", "rules"));
    }
    assertThat(
            NullKeys.differences(
                reference,
                verdicts,
                NullKeys.sections(reference),
                text -> RuleFile.parse("rules.yml", text, NameScheme.UTF8, ParserOptions.ALL)))
        .isEmpty();
  }

  @Test
  void nullIsAbsentForKeysOfTethys() throws Exception {
    assertThat(
            NullKeys.differences(
                PrometheusConfig.reference(),
                file("own-nulls.txt"),
                NullKeys.sections(PrometheusConfig.reference()),
                NullKeysTest::read))
        .filteredOn(d -> !d.matches(".*?\\.\\w+(\\[]|\\{}): .*")) // an item of a list is something
        .isEmpty();
  }
}
