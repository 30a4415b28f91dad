package dev.tethys.insight.incidents;

/**
 * Entry of the timeline of an incident.
 *
 * @param time Unix milliseconds
 * @param key identity, so that one observation is recorded once; "" for none
 * @param title one line
 * @param detail further text, or the text of a note; may be empty
 * @param by author, receiver or Alertmanager; may be empty
 * @param entity id of the entity; may be empty
 * @param query PromQL that shows it; may be empty
 */
public record IncidentEvent(
    long time,
    Kind kind,
    String key,
    String title,
    String detail,
    String by,
    String entity,
    String query) {
  /** Longest text of a note in characters. */
  public static final int MAX_NOTE = 4_000;

  /** Longest name of an author in characters. */
  public static final int MAX_AUTHOR = 100;

  private static final int MAX_KEY = 300;
  private static final int MAX_TITLE = 300;
  private static final int MAX_QUERY = 2_000;

  /** Kind of an entry. The code is written to disk. */
  public enum Kind {
    OPENED(0, "opened"),
    PROBLEM(1, "problem"),
    PROBLEM_ENDED(2, "problem ended"),
    OBJECTIVE(3, "objective burning"),
    OBJECTIVE_ENDED(4, "objective recovered"),
    ALERT(5, "alert firing"),
    ALERT_RESOLVED(6, "alert resolved"),
    CAUSE(7, "cause changed"),
    RESTART(8, "restart"),
    DEPLOYMENT(9, "deployment"),
    DOWN(10, "target down"),
    APPEARED(11, "appeared"),
    DISAPPEARED(12, "disappeared"),
    NOTIFIED(13, "notified"),
    NOTIFICATION_FAILED(14, "notification failed"),
    NOTE(15, "note"),
    ACKNOWLEDGED(16, "acknowledged"),
    ACKNOWLEDGEMENT_WITHDRAWN(17, "acknowledgement withdrawn"),
    CONTINUED(18, "continued"),
    NOT_OBSERVED(19, "not observed"),
    ENDED(20, "ended");

    private final int code;
    private final String text;

    Kind(int code, String text) {
      this.code = code;
      this.text = text;
    }

    int code() {
      return code;
    }

    /** Name in responses. */
    public String text() {
      return text;
    }

    /** Whether a person made the entry: such entries have a separate bound. */
    boolean isByPeople() {
      return this == NOTE || this == ACKNOWLEDGED || this == ACKNOWLEDGEMENT_WITHDRAWN;
    }
  }

  /** Shortens texts to their limits. */
  public IncidentEvent {
    key = cut(key, MAX_KEY);
    title = cut(title, MAX_TITLE);
    detail = cut(detail, MAX_NOTE);
    by = cut(by, MAX_TITLE);
    entity = cut(entity, MAX_KEY);
    query = query.length() > MAX_QUERY ? "" : query;
  }

  /** Shortens a text. */
  static String cut(String s, int max) {
    if (s.length() <= max) {
      return s;
    }
    int end = Character.isHighSurrogate(s.charAt(max - 1)) ? max - 1 : max;
    return s.substring(0, end);
  }
}
