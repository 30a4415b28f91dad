package dev.tethys.alert.manager.state;

import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.LabelMatchers;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Suppresses notifications for matching alerts for some time.
 *
 * @param sets matcher sets, at least one; an alert is silenced if it matches one of them
 * @param receiverSets if not empty, the silence applies only to receivers whose labels match one of
 *     them
 */
public record Silence(
    String id,
    List<LabelMatchers> sets,
    List<LabelMatchers> receiverSets,
    Instant startsAt,
    Instant endsAt,
    Instant updatedAt,
    String createdBy,
    String comment,
    Map<String, String> annotations) {
  /** State of a silence; in the order of lists. */
  public enum State {
    ACTIVE("active"),
    PENDING("pending"),
    EXPIRED("expired");

    private final String text;

    State(String text) {
      this.text = text;
    }

    /** Returns the text in the API. */
    public String text() {
      return text;
    }
  }

  public Silence {
    sets = List.copyOf(sets);
    receiverSets = List.copyOf(receiverSets);
    if (sets.isEmpty()) {
      throw new IllegalArgumentException("a silence has at least one set of matchers");
    }
  }

  /** Creates a silence with a single set of matchers for all receivers. */
  public Silence(
      String id,
      LabelMatchers matchers,
      Instant startsAt,
      Instant endsAt,
      Instant updatedAt,
      String createdBy,
      String comment,
      Map<String, String> annotations) {
    this(
        id,
        List.of(matchers),
        List.of(),
        startsAt,
        endsAt,
        updatedAt,
        createdBy,
        comment,
        annotations);
  }

  /** Returns the first set: the only one in the published API and in older members of a cluster. */
  public LabelMatchers matchers() {
    return sets.getFirst();
  }

  /** Whether it has more sets than {@link #matchers}. */
  public boolean isExtended() {
    return sets.size() > 1 || !receiverSets.isEmpty();
  }

  /** Whether it matches such labels, regardless of the receiver. */
  public boolean matches(LabelSet alert) {
    for (LabelMatchers m : sets) {
      if (m.matches(alert.map())) {
        return true;
      }
    }
    return false;
  }

  /** Whether it applies to a receiver with such labels. */
  public boolean holdsFor(Map<String, String> receiver) {
    return receiverSets.isEmpty() || receiverSets.stream().anyMatch(m -> m.matches(receiver));
  }

  /** Returns the approximate size in bytes, including its matchers. */
  long bytes() {
    long n = 1024L + 2L * (createdBy.length() + comment.length());
    for (Map.Entry<String, String> e : annotations.entrySet()) {
      n += 128L + 2L * (e.getKey().length() + e.getValue().length());
    }
    for (List<LabelMatchers> some : List.of(sets, receiverSets)) {
      for (LabelMatchers m : some) {
        n += m.all().stream().mapToLong(LabelMatcher::bytes).sum();
      }
    }
    return n;
  }

  public State stateAt(Instant t) {
    return t.isBefore(startsAt)
        ? State.PENDING
        : t.isAfter(endsAt) || t.equals(endsAt) ? State.EXPIRED : State.ACTIVE;
  }

  /** Returns a copy with the matcher sets of another silence, if it has only the first of them. */
  Silence withSetsOf(Silence other) {
    if (isExtended() || !other.isExtended() || !matchers().equals(other.matchers())) {
      return this;
    }
    return new Silence(
        id,
        other.sets,
        other.receiverSets,
        startsAt,
        endsAt,
        updatedAt,
        createdBy,
        comment,
        annotations);
  }

  Silence with(String newId, Instant start, Instant end, Instant updated) {
    return new Silence(
        newId, sets, receiverSets, start, end, updated, createdBy, comment, annotations);
  }
}
