package dev.tethys.insight.inspections.definition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class InspectionSetTest {
  private static final String CHECK =
      """
      inspections:
        - id: %s
          title: Jobs
          category: jobs
          entities: [service]
          query: 'sum by (service) (failed_jobs)'
          above: 1
          message: '{entity} has {value} failed jobs'
          remedy: Look at them.
      """;

  @TempDir Path folder;

  private InspectionSet read(String text) throws IOException {
    Path file = folder.resolve("own.yml");
    Files.writeString(file, text);
    return InspectionSet.read(List.of(file.toString()));
  }

  private void refuses(String text, String error) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(error);
  }

  private static String with(String key, String value) {
    return CHECK.formatted("Jobs").replaceFirst("above: 1", key + ": " + value);
  }

  @Test
  void addsInspectionsToTheBuiltInOnes() throws IOException {
    int builtIn = InspectionSet.defaults().inspections().size();
    assertThat(read(CHECK.formatted("Jobs")).inspections())
        .hasSize(builtIn + 1)
        .last()
        .satisfies(i -> assertThat(i.where()).contains("own.yml:2"));
  }

  @Test
  void replacesTheBuiltInInspectionOfTheSameId() throws IOException {
    int builtIn = InspectionSet.defaults().inspections().size();
    assertThat(read(CHECK.formatted("CPUNode")).inspections())
        .hasSize(builtIn)
        .filteredOn(i -> i.id().equals("CPUNode"))
        .singleElement()
        .satisfies(i -> assertThat(i.category()).isEqualTo("jobs"));
  }

  @Test
  void disablesInspections() throws IOException {
    assertThat(read("disable: [CPUNode]").inspections()).noneMatch(i -> i.id().equals("CPUNode"));
  }

  @Test
  void fillsInDefinitions() throws IOException {
    assertThat(
            read("definitions: {jobs: 'failed_jobs{a=\"b\"}'}\n"
                    + CHECK.formatted("Jobs").replace("failed_jobs)", "$jobs)"))
                .inspections())
        .last()
        .satisfies(
            i -> assertThat(i.query()).isEqualTo("sum by (service) ((failed_jobs{a=\"b\"}))"));
  }

  @Test
  void refusesMistakesWithTheirPlace() {
    refuses(CHECK.formatted("1x"), "own.yml:2:9: id \"1x\" is not valid");
    refuses(with("abve", "1"), "unknown key \"abve\" in inspections[0]; did you mean \"above\"?");
    refuses(with("title2", "1"), "own.yml:7:5");
    refuses(with("unit", "bytes"), "inspection \"Jobs\" needs either \"above\" or \"below\"");
    refuses(with("above: 1\n    critical", "0"), "own.yml:8:15: critical is 0.0, which is less");
    refuses(with("above: 1\n    baseline", "1s"), "baseline must be from 10m to 6h");
    refuses(with("above: 1\n    margin", "1"), "\"margin\" counts with a \"baseline\" only");
    refuses(with("above: 1\n    every", "1s"), "every must be from 10s to 6h");
    refuses(with("above: 1\n    for", "2d"), "for must be at most 6h");
    refuses(
        CHECK.formatted("Jobs").replace("'sum by (service) (failed_jobs)'", "'sum by ('"),
        "own.yml:6:12: the query is not valid PromQL");
    refuses(
        CHECK.formatted("Jobs").replace("'sum by (service) (failed_jobs)'", "'1 + 1'"),
        "own.yml:6:12: the query is a scalar; it must be a vector");
    refuses(
        CHECK.formatted("Jobs").replace("(failed_jobs)", "($nothing)"),
        "own.yml:6:12: $nothing has no definition; defined: ");
    refuses(
        "definitions: {a: $b, b: $a}\n" + CHECK.formatted("Jobs").replace("failed_jobs", "$a"),
        "the definition of $a refers to itself");
    refuses(CHECK.formatted("Jobs").replace("{value}", "{value"), "braces of");
    refuses("definitions: {Jobs: up}", "own.yml:1:14: definition \"Jobs\" cannot be referred to");
    refuses("disable: [Nothing]", "own.yml:1:11: there is no inspection \"Nothing\"; there are: ");
    refuses(
        "overrides: [{scope: shop, inspection: CPUNode, threshold: 1}]",
        "own.yml:1:21: scope \"shop\" is neither namespace/kind/name nor (default)");
    refuses(
        "overrides: [{scope: (default), inspection: Nothing, threshold: 1}]",
        "own.yml:1:13: there is no inspection \"Nothing\"; there are: ");
    refuses(
        CHECK.formatted("A") + CHECK.formatted("A").replace("inspections:\n", ""),
        "inspection \"A\" is also at");
  }

  @Test
  void refusesSeriesOfTestsThatCannotBeRead() {
    refuses(
        CHECK.formatted("Jobs") + "    tests: [{name: a, at: 5m, series: ['x 1 2 y']}]",
        "the series is not valid");
  }

  @Test
  void refusesMissingFiles() {
    assertThatThrownBy(() -> InspectionSet.read(List.of(folder + "/*.yml")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("there is no file of inspections; correct the path");
  }

  @Test
  void refusesTooManyInspections() {
    StringBuilder all = new StringBuilder("inspections:\n");
    String one = CHECK.replace("inspections:\n", "");
    for (int i = 0; i < 10_000; i++) {
      all.append(one.formatted("A" + i));
    }
    refuses(all.toString(), "10000 inspections in one file; at most 1000 are read");
  }

  @Test
  void refusesLargeFiles() {
    refuses("# " + "x".repeat(10_000_000), "at most 4194304 are read, divide it");
  }

  @Test
  void refusesDefinitionsThatMultiply() {
    StringBuilder all = new StringBuilder("definitions:\n  a0: up\n");
    for (int i = 1; i < 40; i++) {
      all.append("  a%d: $a%d + $a%d\n".formatted(i, i - 1, i - 1));
    }
    refuses(
        all + CHECK.formatted("Jobs").replace("failed_jobs", "$a39"),
        "more than 32000 characters with its definitions");
  }

  @Test
  void formatsValuesWithTheirUnit() {
    assertThat(InspectionUnit.SECONDS.format(0.35)).isEqualTo("350 ms");
    assertThat(InspectionUnit.SECONDS.format(604_800)).isEqualTo("7 d");
    assertThat(InspectionUnit.BYTES.format(1.5 * (1 << 30))).isEqualTo("1.5 GiB");
    assertThat(InspectionUnit.PERCENT.format(96.678)).isEqualTo("96.7 %");
    assertThat(InspectionUnit.PER_SECOND.format(0)).isEqualTo("0/s");
    assertThat(InspectionUnit.COUNT.format(Double.POSITIVE_INFINITY)).isEqualTo("Infinity");
  }
}
