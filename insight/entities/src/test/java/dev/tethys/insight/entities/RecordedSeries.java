package dev.tethys.insight.entities;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import dev.tethys.insight.entities.rules.InsightRule;
import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Index of series that were at certain times. */
final class RecordedSeries implements SeriesIndex {
  private record Entry(Labels labels, long from, long to) {}

  private final List<Entry> entries = new ArrayList<>();
  boolean isAway;

  /** Adds a series that is always there. */
  RecordedSeries add(String... labels) {
    return addAt(Long.MIN_VALUE, Long.MAX_VALUE, labels);
  }

  /** Adds a series that has samples in a closed range. */
  RecordedSeries addAt(long from, long to, String... labels) {
    String[] all = new String[labels.length + 1];
    all[0] = Labels.METRIC_NAME;
    System.arraycopy(labels, 0, all, 1, labels.length);
    entries.add(new Entry(Labels.of(all), from, to));
    return this;
  }

  /** The same in another order. */
  RecordedSeries shuffled(long seed) {
    Collections.shuffle(entries, new Random(seed));
    return this;
  }

  void removeBefore(long time) {
    entries.removeIf(e -> e.to < time);
  }

  @Override
  public List<Labels> series(long from, long to, List<Matcher> matchers, int limit) {
    if (isAway) {
      throw new StorageException(StorageException.Reason.UNAVAILABLE, "away");
    }
    return entries.stream()
        .filter(e -> e.from <= to && e.to >= from && Matcher.matchAll(matchers, e.labels))
        .map(Entry::labels)
        .limit(limit)
        .toList();
  }

  /** Model over these series with the built-in rules. */
  EntityModel model() {
    return model(RuleSet.defaults(), EntityModel.Limits.DEFAULT, null);
  }

  EntityModel model(RuleSet rules, EntityModel.Limits limits, @Nullable Path history) {
    try {
      return new EntityModel(rules, Map.of(InsightRule.Source.METRICS, this), limits, history);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** World after a start at a time. */
  World world(long time) {
    EntityModel m = model();
    m.update(time);
    return m.current();
  }

  /** Ids of the entities of a kind. */
  static List<String> ids(World w, EntityKind kind) {
    return w.entities().stream().filter(e -> e.kind() == kind).map(Entity::id).toList();
  }

  /** Entity that must be there. */
  static Entity entity(World w, String idOrKey) {
    return Objects.requireNonNull(w.find(idOrKey), idOrKey);
  }

  /** Relations of a kind. */
  static List<String> relations(World w, RelationKind kind) {
    return w.relations().stream()
        .filter(r -> r.kind() == kind)
        .map(r -> r.from() + " -> " + r.to())
        .toList();
  }
}
