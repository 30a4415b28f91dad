package dev.tethys.insight.inspections;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.World;
import dev.tethys.insight.graph.query.MetricAnswers.Sample;
import dev.tethys.insight.inspections.InspectionReport.Status;
import dev.tethys.insight.inspections.definition.InspectionSet;
import dev.tethys.insight.inspections.definition.InspectionSeverity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class InspectionEngineTest {
  private static final long NOW = RecordedWorlds.NOW;
  private static final long STEP = 30_000;

  private static final String LOAD =
      """
      inspections:
        - id: Load
          title: Load
          category: cpu
          entities: [container, instance, service]
          lift: service
          query: load
          above: 80
          critical: 95
          unit: percent
          message: '{entity} {value} of {threshold} by {container_id}'
          remedy: Help {entity}.
      """;

  private final World world =
      new RecordedWorlds()
          .node("m1")
          .container("m1", "cart")
          .container("m1", "mail")
          .service("web")
          .world();

  private final Map<String, List<Sample>> answers = new HashMap<>();
  private final Map<Long, List<Sample>> past = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private final AtomicLong nanos = new AtomicLong();
  private long time = NOW;

  @TempDir Path folder;

  private InspectionEngine engine(String text, InspectionEngine.Limits limits) throws IOException {
    Path file = folder.resolve("own.yml");
    Files.writeString(file, text);
    InspectionSet set = InspectionSet.readAlone(file);
    return new InspectionEngine(
        new InspectionSet(set.inspections(), set.overrides(), null),
        this::answer,
        limits,
        nanos::get);
  }

  private InspectionEngine engine(String text) throws IOException {
    return engine(text, InspectionEngine.Limits.DEFAULT);
  }

  private List<Sample> answer(String query, long at) {
    asked.add(query);
    nanos.addAndGet(1_000_000_000);
    List<Sample> a = at < time ? past.getOrDefault(at, List.of()) : answers.get(query);
    if (a == null) {
      throw new IllegalStateException("the store is away");
    }
    return a;
  }

  private static Sample container(String name, double value) {
    return new Sample(Map.of("machine_id", "m1", "container_id", "/docker/" + name), value);
  }

  private InspectionReport next(InspectionEngine e) {
    time += STEP;
    return e.evaluate(world, time);
  }

  @Test
  void showsProblemsOfContainersAtTheirService() throws IOException {
    answers.put("load", List.of(container("cart", 96), container("mail", 3)));
    InspectionReport r = engine(LOAD).evaluate(world, NOW);
    assertThat(r.problems())
        .singleElement()
        .satisfies(
            p -> {
              assertThat(p.id()).isEqualTo("Load:service:cart");
              assertThat(p.severity()).isEqualTo(InspectionSeverity.CRITICAL);
              assertThat(p.message()).isEqualTo("cart 96 % of 80 % by /docker/cart");
              assertThat(p.remedy()).isEqualTo("Help cart.");
              assertThat(p.instances()).extracting(x -> x.name()).containsExactly("cart");
              assertThat(p.affected()).extracting(x -> x.id()).containsExactly("service:cart");
              assertThat(p.since()).isEqualTo(NOW);
            });
  }

  @Test
  void keepsTheBeginOfProblemsAndForgetsThoseThatHaveEnded() throws IOException {
    InspectionEngine e = engine(LOAD);
    answers.put("load", List.of(container("cart", 90)));
    e.evaluate(world, NOW);
    assertThat(next(e).problems()).singleElement().matches(p -> p.since() == NOW);
    answers.put("load", List.of(container("cart", 10)));
    assertThat(next(e).problems()).isEmpty();
    answers.put("load", List.of(container("cart", 90)));
    InspectionReport r = next(e);
    assertThat(r.problems()).singleElement().matches(p -> p.since() == r.evaluated());
  }

  @Test
  void isUnknownWithoutAValueAndThenGone() throws IOException {
    InspectionEngine e = engine(LOAD);
    answers.put("load", List.of(container("cart", 90), container("mail", 1)));
    e.evaluate(world, NOW);
    answers.put("load", List.of(container("cart", Double.NaN), container("mail", 1)));
    InspectionReport r = next(e);
    assertThat(r.problems()).isEmpty();
    assertThat(r.unknown()).hasSize(1);
    assertThat(status(r, "service:cart")).isEqualTo(Status.UNKNOWN);
    assertThat(status(r, "service:mail")).isEqualTo(Status.OK);
    for (int i = 0; i < 4; i++) {
      r = next(e);
    }
    assertThat(r.unknown()).isEmpty();
  }

  @Test
  void reportsFailuresAndKeepsProblemsAsUnknown() throws IOException {
    InspectionEngine e = engine(LOAD);
    answers.put("load", List.of(container("cart", 90)));
    e.evaluate(world, NOW);
    answers.remove("load");
    InspectionReport r = next(e);
    assertThat(r.unknown()).hasSize(1);
    assertThat(r.statuses().getFirst().error()).isEqualTo("the query failed: the store is away");
    answers.put("load", List.of(container("cart", 90)));
    assertThat(next(e).problems()).singleElement().matches(p -> p.since() == NOW);
  }

  @Test
  void hasNoHealthOfEntitiesWithoutValues() throws IOException {
    answers.put("load", List.of(container("cart", 90)));
    InspectionReport r = engine(LOAD).evaluate(world, NOW);
    assertThat(status(r, "service:web")).isEqualTo(Status.UNKNOWN);
    assertThat(status(r, "service:cart")).isEqualTo(Status.WARNING);
    assertThat(r.health())
        .filteredOn(h -> h.entity().id().equals("container:machine:m1/docker/cart"))
        .singleElement()
        .satisfies(h -> assertThat(h.categories()).containsEntry("cpu", Status.WARNING));
  }

  private static Status status(InspectionReport r, String entity) {
    return r.health().stream()
        .filter(h -> h.entity().id().equals(entity))
        .findFirst()
        .orElseThrow()
        .status();
  }

  @Test
  void waitsUntilAProblemHasLasted() throws IOException {
    InspectionEngine e = engine(LOAD.replace("unit:", "for: 1m\n    unit:"));
    answers.put("load", List.of(container("cart", 90)));
    assertThat(e.evaluate(world, NOW).problems()).isEmpty();
    assertThat(next(e).problems()).isEmpty();
    assertThat(next(e).problems()).singleElement().matches(p -> p.since() == NOW);
  }

  @Test
  void findsTheBeginOfProblemsBeforeTheProcess() throws IOException {
    InspectionEngine e = engine(LOAD.replace("unit:", "for: 5m\n    unit:"));
    answers.put("load", List.of(container("cart", 90), container("mail", 90)));
    for (long minutes : new long[] {1, 2, 5, 10}) {
      past.put(
          NOW - minutes * 60_000,
          List.of(container("cart", 90), container("mail", minutes > 1 ? 10 : 90)));
    }
    assertThat(e.evaluate(world, NOW).problems())
        .singleElement()
        .matches(p -> p.entity().name().equals("cart") && p.since() == NOW - 600_000);
  }

  @Test
  void asksEachQueryOnce() throws IOException {
    answers.put("load", List.of(container("cart", 50)));
    String second = LOAD.replace("inspections:\n", "").replace("id: Load", "id: Other");
    InspectionEngine e = engine(LOAD + second.replace("above: 80", "above: 40"));
    assertThat(e.evaluate(world, NOW).problems())
        .singleElement()
        .matches(p -> p.inspection().id().equals("Other"));
    assertThat(asked.stream().filter("load"::equals).count()).isLessThanOrEqualTo(1 + 7);
    asked.clear();
    next(e);
    assertThat(asked).containsExactly("load");
  }

  @Test
  void evaluatesSlowInspectionsLessOften() throws IOException {
    answers.put("load", List.of(container("cart", 90)));
    InspectionEngine e = engine(LOAD.replace("unit:", "every: 1m\n    unit:"));
    e.evaluate(world, NOW);
    asked.clear();
    assertThat(next(e).problems()).hasSize(1);
    assertThat(asked).isEmpty();
    next(e);
    assertThat(asked).containsExactly("load");
  }

  @Test
  void comparesWithTheMedianOfThePast() throws IOException {
    String text =
        LOAD.replace("above: 80\n    critical: 95", "above: 3\n    baseline: 1h\n    margin: 10");
    InspectionEngine e = engine(text);
    for (int k = 2; k <= 60; k++) {
      past.put(NOW - k * 60_000L, List.of(container("cart", 10), container("mail", 1)));
    }
    answers.put("load", List.of(container("cart", 40), container("mail", 9)));
    assertThat(e.evaluate(world, NOW - 120_000).problems()).as("while it starts").isEmpty();
    InspectionReport r = e.evaluate(world, NOW);
    assertThat(r.problems())
        .singleElement()
        .satisfies(
            p -> {
              assertThat(p.entity().name()).isEqualTo("cart");
              assertThat(p.threshold()).isEqualTo(30);
            });
    for (int i = 0; i < 300; i++) {
      r = next(e);
    }
    assertThat(r.problems()).as("a long problem does not become normal").hasSize(1);
  }

  @Test
  void hasNoMedianOfFewValues() throws IOException {
    InspectionEngine e =
        engine(LOAD.replace("above: 80\n    critical: 95", "above: 3\n    baseline: 1h"));
    answers.put("load", List.of(container("cart", 1)));
    e.evaluate(world, NOW - 120_000);
    e.evaluate(world, NOW);
    answers.put("load", List.of(container("cart", 100)));
    assertThat(next(e).problems()).isEmpty();
  }

  @Test
  void takesThresholdsOfScopes() throws IOException {
    Path file = folder.resolve("two.yml");
    Files.writeString(
        file,
        LOAD + "overrides:\n  - {scope: '_/service/cart', inspection: Load, threshold: 99}\n");
    InspectionSet set = InspectionSet.read(List.of(file.toString()));
    InspectionEngine e =
        new InspectionEngine(
            new InspectionSet(
                set.inspections().stream().filter(i -> i.id().equals("Load")).toList(),
                set.overrides(),
                null),
            this::answer,
            InspectionEngine.Limits.DEFAULT);
    answers.put("load", List.of(container("cart", 98), container("mail", 98)));
    assertThat(e.evaluate(world, NOW).problems())
        .singleElement()
        .matches(p -> p.entity().name().equals("mail"));
  }

  @Test
  void countsSeriesWithoutEntityAndNamesThemOnRequest() throws IOException {
    answers.put("load", List.of(new Sample(Map.of("site", "shop"), 90)));
    assertThat(engine(LOAD).evaluate(world, NOW).statuses())
        .singleElement()
        .matches(s -> s.unmatched() == 1);
    InspectionReport r =
        engine(LOAD.replace("lift: service", "otherwise: '{site}'")).evaluate(world, NOW);
    assertThat(r.problems()).singleElement().matches(p -> p.entity().id().equals("service:shop"));
  }

  @Test
  void startsNoQueryAfterItsTime() throws IOException {
    answers.put("load", List.of(container("cart", 90)));
    answers.put("load2", List.of(container("cart", 90)));
    String second =
        LOAD.replace("inspections:\n", "")
            .replace("id: Load", "id: Other")
            .replace("query: load", "query: load2");
    InspectionEngine e = engine(LOAD + second, new InspectionEngine.Limits(10, 10, 1_000_000_000));
    InspectionReport r = e.evaluate(world, NOW);
    assertThat(r.problems()).hasSize(1);
    assertThat(r.statuses().getLast().error()).contains("the limit of one evaluation");
  }

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void refusesAnswersOfAMillionSeries() throws IOException {
    List<Sample> all = new ArrayList<>();
    for (int i = 0; i < 1_000_000; i++) {
      all.add(new Sample(Map.of("service", "s" + i), 100));
    }
    answers.put("load", all);
    InspectionReport r = engine(LOAD).evaluate(world, NOW);
    assertThat(r.problems()).isEmpty();
    assertThat(r.statuses().getFirst().error())
        .contains("answers 1000000 series; at most 100000 are read");
  }

  @Test
  void boundsTheNumberOfProblems() throws IOException {
    List<Sample> all = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      all.add(new Sample(Map.of("site", "s" + i), 100));
    }
    answers.put("load", all);
    InspectionEngine e =
        engine(
            LOAD.replace("lift: service", "otherwise: '{site}'"),
            new InspectionEngine.Limits(10, 10_000, Long.MAX_VALUE / 2));
    InspectionReport r = e.evaluate(world, NOW);
    assertThat(r.problems()).hasSize(10);
    assertThat(r.notices()).singleElement().asString().startsWith("990 problems of Load");
    assertThat(next(e).problems()).hasSize(10);
  }

  @Test
  void rendersOddNames() throws IOException {
    answers.put(
        "load", List.of(new Sample(Map.of("site", "{value}\"<script>\n".repeat(1_000)), 100)));
    InspectionReport r =
        engine(
                LOAD.replace("lift: service", "otherwise: '{site}'")
                    .replace("{container_id}", "{site}"))
            .evaluate(world, NOW);
    assertThat(r.problems())
        .singleElement()
        .satisfies(p -> assertThat(p.message()).hasSizeLessThanOrEqualTo(2_000));
  }

  private InspectionSet set(String text) throws IOException {
    Path file = folder.resolve("next.yml");
    Files.writeString(file, text);
    InspectionSet set = InspectionSet.readAlone(file);
    return new InspectionSet(set.inspections(), set.overrides(), null);
  }

  @Test
  void replacedInspectionsKeepTheirProblems() throws IOException {
    InspectionEngine e = engine(LOAD);
    answers.put("load", List.of(container("cart", 90)));
    e.evaluate(world, NOW);
    e.replace(set(LOAD.replace("title: Load", "title: Work").replace("above: 80", "above: 70")));
    assertThat(next(e).problems())
        .singleElement()
        .matches(p -> p.since() == NOW && p.threshold() == 70)
        .matches(p -> p.inspection().title().equals("Work"));
    e.replace(set(LOAD.replace("above: 80", "above: 92")));
    assertThat(next(e).problems()).isEmpty();
  }

  @Test
  void inspectionsWithAnotherQueryStartAgainAndRemovedOnesEnd() throws IOException {
    InspectionEngine e = engine(LOAD);
    answers.put("load", List.of(container("cart", 90)));
    answers.put("work", List.of(container("cart", 90)));
    e.evaluate(world, NOW);
    e.replace(set(LOAD.replace("query: load", "query: work")));
    assertThat(next(e).problems()).singleElement().matches(p -> p.since() == NOW + STEP);
    e.replace(set(LOAD.replace("id: Load", "id: Other")));
    assertThat(next(e).problems())
        .extracting(InspectionProblem::id)
        .containsExactly("Other:service:cart");
  }
}
