package dev.tethys.control.access;

/**
 * Originator of the start or end of a rollout.
 *
 * @param name name recorded in the audit log
 */
public record Actor(Cause cause, String name) {
  /** Actor types. */
  public enum Cause {
    /** A person, or a program that acts for one. */
    USER,
    /** A rule of automation. */
    RULE,
    /** A repository or cluster. */
    SOURCE,
    /** The rollout guard. */
    GUARD;

    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  public static final Actor BY_GUARD = new Actor(Cause.GUARD, "guard");

  public static Actor user(String name) {
    return new Actor(Cause.USER, name);
  }

  public static Actor rule(String name) {
    return new Actor(Cause.RULE, name);
  }

  public static Actor source(String name) {
    return new Actor(Cause.SOURCE, name);
  }
}
