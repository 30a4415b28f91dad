package dev.tethys.insight.entities;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.EntityModel.Limits;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import dev.tethys.insight.entities.rules.RuleSet;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Contract of {@link EntityModel#at}: the world that was current at a time. */
@Tag("slow")
class HistoryTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final long STEP = 60_000;

  @TempDir Path folder;

  private final RecordedSeries series = new RecordedSeries();
  private final Map<Long, World> shown = new LinkedHashMap<>();

  private EntityModel model(Limits limits) {
    return series.model(RuleSet.defaults(), limits, folder.resolve("entities.log"));
  }

  private void run(EntityModel m, int from, int to) {
    for (int i = from; i < to; i++) {
      m.update(NOW + i * STEP);
      shown.put(NOW + i * STEP, m.current());
      shown.put(NOW + i * STEP + STEP - 1, m.current());
    }
  }

  private void churn(int steps) {
    Random random = new Random(7);
    for (int i = 0; i < steps; i++) {
      long from = NOW + i * STEP;
      series.addAt(
          from,
          from + random.nextInt(20) * STEP,
          "up",
          "job",
          "job" + random.nextInt(5),
          "instance",
          "10.0.0." + random.nextInt(30) + ":80");
    }
  }

  private void assertAsShown(EntityModel m, long from) {
    shown.forEach(
        (time, world) -> {
          if (time >= from) {
            assertThat(m.at(time)).as("world at %s", time).isEqualTo(world);
          }
        });
  }

  @Test
  void answersWithTheWorldThatWasShown() throws IOException {
    churn(100);
    EntityModel m = model(Limits.DEFAULT);
    run(m, 0, 100);
    assertThat(m.start()).isEqualTo(NOW);
    assertThat(m.at(NOW - 1)).isNull();
    assertAsShown(m, NOW);
    assertThat(shown.values()).anyMatch(w -> w.entities().size() > 5);
    m.close();
  }

  @Test
  void keepsTheTimesOfEntitiesWithTheirContent() throws IOException {
    String[] pod = {"kube_pod_info", "namespace", "shop", "pod", "cart-5b7c9d8f6-x2x7p"};
    String[] owner = {"created_by_kind", "ReplicaSet", "created_by_name", "cart-5b7c9d8f6"};
    series.addAt(
        NOW, NOW + 10 * STEP, Stream.of(pod, owner).flatMap(Stream::of).toArray(String[]::new));
    EntityModel m = model(Limits.DEFAULT);
    run(m, 0, 30);
    EntityPast past =
        m.past(Set.of(EntityKind.INSTANCE), RelationKind.PART_OF, NOW, NOW + 30 * STEP);
    assertThat(past.start()).isEqualTo(NOW);
    assertThat(past.entities())
        .singleElement()
        .satisfies(
            s -> {
              assertThat(s.entity().attributes()).containsEntry("revision", "5b7c9d8f6");
              assertThat(s.from()).isBetween(NOW, NOW + STEP);
              assertThat(s.to()).isBetween(NOW + 14 * STEP, NOW + 17 * STEP);
            });
    assertThat(past.relations()).extracting(r -> r.relation().to()).contains("service:/shop/cart");
    assertThat(
            m.past(
                    Set.of(EntityKind.INSTANCE),
                    RelationKind.PART_OF,
                    NOW + 20 * STEP,
                    NOW + 30 * STEP)
                .entities())
        .isEmpty();
    m.close();
  }

  @Test
  void answersTheSameAfterARestart() throws IOException {
    churn(100);
    EntityModel m = model(Limits.DEFAULT);
    run(m, 0, 60);
    m.close();
    EntityModel again = model(Limits.DEFAULT);
    assertAsShown(again, NOW);
    run(again, 60, 100);
    assertAsShown(again, NOW);
    again.close();
    EntityModel third = model(Limits.DEFAULT);
    assertAsShown(third, NOW);
    third.close();
  }

  @Test
  void removesTheOldestWorldsByAge() throws IOException {
    churn(100);
    Limits limits = new Limits(1000, 1000, Duration.ofMinutes(5), Duration.ofMinutes(30), 1 << 20);
    EntityModel m = model(limits);
    run(m, 0, 100);
    assertThat(m.start()).isBetween(NOW + 60 * STEP, NOW + 70 * STEP);
    assertThat(m.at(m.start() - 1)).isNull();
    assertAsShown(m, m.start());
    m.close();
  }

  @Test
  void removesTheOldestWorldsBySize() throws IOException {
    churn(400);
    Path log = folder.resolve("entities.log");
    EntityModel m =
        model(new Limits(1000, 1000, Duration.ofMinutes(5), Duration.ofDays(9), 40_000));
    run(m, 0, 400);
    assertThat(log.toFile().length()).isLessThan(80_000);
    assertThat(m.start()).isGreaterThan(NOW);
    assertAsShown(m, m.start());
    m.close();
    EntityModel again = model(Limits.DEFAULT);
    assertAsShown(again, m.start());
    again.close();
  }

  @Test
  void joinsIntervalsOfAnEntityWhoseContentChanges() throws IOException {
    series.add("up", "job", "a", "instance", "10.0.0.1:80");
    series.addAt(
        NOW + STEP,
        NOW + 3 * STEP,
        "traces_spanmetrics_calls_total",
        "service",
        "a",
        "span_kind",
        "SPAN_KIND_SERVER");
    EntityModel m = model(Limits.DEFAULT);
    run(m, 0, 20);
    assertThat(m.validity("service:a")).containsExactly(new Validity(NOW, Long.MAX_VALUE));
    assertThat(m.validity("service:b")).isEmpty();
    m.close();
  }
}
