package dev.tethys.insight.incidents;

import java.util.List;
import java.util.Set;

/**
 * Cause of an incident at one time: a problem with its symptoms, an objective that burns its
 * budget, or a firing alert.
 *
 * @param key identity over time
 * @param since Unix milliseconds
 * @param affected services that it hurts
 * @param requests requests a second of these services; 0 if not known
 * @param symptoms what it explains
 * @param related ids of entities with which it is joined to incidents
 * @param opens whether it opens an incident; otherwise it only appears in those of its entities
 */
public record IncidentCause(
    Kind kind,
    String key,
    IncidentEntity entity,
    String title,
    String detail,
    boolean critical,
    long since,
    String query,
    List<IncidentEntity> affected,
    double requests,
    List<Symptom> symptoms,
    Set<String> related,
    boolean opens) {
  /** Kind of a cause; the earlier one names the incident. */
  public enum Kind {
    PROBLEM(IncidentEvent.Kind.PROBLEM, IncidentEvent.Kind.PROBLEM_ENDED),
    OBJECTIVE(IncidentEvent.Kind.OBJECTIVE, IncidentEvent.Kind.OBJECTIVE_ENDED),
    ALERT(IncidentEvent.Kind.ALERT, IncidentEvent.Kind.ALERT_RESOLVED);

    private final IncidentEvent.Kind began;
    private final IncidentEvent.Kind ended;

    Kind(IncidentEvent.Kind began, IncidentEvent.Kind ended) {
      this.began = began;
      this.ended = ended;
    }

    IncidentEvent.Kind began() {
      return began;
    }

    IncidentEvent.Kind ended() {
      return ended;
    }
  }

  /** Symptom of a problem. */
  public record Symptom(
      String key, IncidentEntity entity, String title, String detail, long since, String query) {}

  /** Shortens texts that other programs wrote. */
  public IncidentCause {
    key = IncidentEvent.cut(key, 300);
    title = IncidentEvent.cut(title, 300);
    detail = IncidentEvent.cut(detail, 2_000);
  }

  /** Whether it belongs to an incident that another cause has opened. */
  boolean isRelatedTo(IncidentCause other) {
    if (kind == Kind.PROBLEM && other.kind == Kind.PROBLEM) {
      return entity.id().equals(other.entity.id());
    }
    return related.stream().anyMatch(other.related::contains);
  }
}
