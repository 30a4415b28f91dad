package dev.tethys.insight.incidents;

import java.util.List;
import java.util.Locale;

/**
 * Incident at one moment. Immutable.
 *
 * @param id unique, in the order of opening
 * @param cause key of the cause
 * @param causes keys of everything that was seen in it
 * @param entity at which the cause is
 * @param title as on Overview: name of the entity and the problem
 * @param detail message of the cause
 * @param query PromQL of the cause; may be empty
 * @param start Unix milliseconds from which the first cause has existed
 * @param lastSeen time of the last observation of a cause
 * @param end time of its end; 0 until then
 * @param acknowledgedBy person; "" while it is not acknowledged
 * @param acknowledgedAt Unix milliseconds; 0 while it is not acknowledged
 * @param affected services that are or were affected
 * @param requestRate requests a second of the affected services at the last observation
 * @param peakRate the highest of these rates
 * @param requests requests of the affected services during the incident
 * @param continuedIn id of the incident that it became part of; "" for none
 * @param omitted entries that the timeline had no room for
 * @param events by time
 */
public record Incident(
    String id,
    String cause,
    List<String> causes,
    IncidentEntity entity,
    String title,
    String detail,
    boolean critical,
    String query,
    long start,
    long lastSeen,
    long end,
    String acknowledgedBy,
    long acknowledgedAt,
    List<IncidentEntity> affected,
    double requestRate,
    double peakRate,
    double requests,
    String continuedIn,
    int omitted,
    List<IncidentEvent> events) {
  /** State of an incident. */
  public enum State {
    OPEN,
    ACKNOWLEDGED,
    ENDED;

    /** Name in responses. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** State; an incident that has ended is ended, even if it was acknowledged. */
  public State state() {
    return end > 0 ? State.ENDED : acknowledgedAt > 0 ? State.ACKNOWLEDGED : State.OPEN;
  }

  /** Whether it concerns an entity. */
  public boolean concerns(String id) {
    return entity.id().equals(id)
        || affected.stream().anyMatch(e -> e.id().equals(id))
        || events.stream().anyMatch(e -> e.entity().equals(id));
  }
}
