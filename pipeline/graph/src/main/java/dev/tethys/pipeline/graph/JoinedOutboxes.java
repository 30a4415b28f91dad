package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.delivery.DeadLetter;
import dev.tethys.pipeline.delivery.DrainScope;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.OutboxStatus;
import dev.tethys.pipeline.delivery.OutboxView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Several queues of one component, presented as one. The id of a dead letter is prefixed with the
 * name of its queue.
 */
final class JoinedOutboxes implements OutboxView {
  private static final char SEPARATOR = '|';

  private final Map<String, OutboxView> parts;

  /** Joins at least two, by their names. */
  JoinedOutboxes(Map<String, OutboxView> parts) {
    this.parts = parts;
  }

  @Override
  public OutboxStatus status() {
    return parts.values().stream().map(OutboxView::status).reduce(OutboxStatus::plus).orElseThrow();
  }

  @Override
  public boolean isBlocking(DrainScope.Exit source) {
    return parts.values().stream().anyMatch(p -> p.isBlocking(source));
  }

  @Override
  public List<DeadLetter> deadLetters(int most) throws IOException {
    List<DeadLetter> all = new ArrayList<>();
    for (Map.Entry<String, OutboxView> e : parts.entrySet()) {
      for (DeadLetter d : e.getValue().deadLetters(most)) {
        all.add(
            new DeadLetter(
                e.getKey() + SEPARATOR + d.id(),
                d.signal(),
                d.items(),
                d.bytes(),
                d.millis(),
                d.attempts(),
                d.reason(),
                d.headers()));
      }
    }
    all.sort(Comparator.comparingLong(DeadLetter::millis));
    return all.subList(0, Math.min(most, all.size()));
  }

  @Override
  public Optional<EncodedRequest> deadLetter(String id) throws IOException {
    OutboxView of = of(id);
    return of == null ? Optional.empty() : of.deadLetter(own(id));
  }

  @Override
  public boolean replay(String id) throws IOException {
    OutboxView of = of(id);
    return of != null && of.replay(own(id));
  }

  private @org.jspecify.annotations.Nullable OutboxView of(String id) {
    int at = id.lastIndexOf(SEPARATOR);
    return at < 0 ? null : parts.get(id.substring(0, at));
  }

  private static String own(String id) {
    return id.substring(id.lastIndexOf(SEPARATOR) + 1);
  }
}
