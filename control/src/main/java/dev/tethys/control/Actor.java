package dev.tethys.control;

/**
 * Originator of the start or end of a rollout.
 *
 * @param name in the audit log
 */
record Actor(Cause cause, String name) {
  /** Kinds of actors. */
  enum Cause {
    /** A person, or a program that acts for one. */
    USER,
    /** A rule of automation. */
    RULE,
    /** A repository or cluster. */
    SOURCE,
    /** The guard of the rollout. */
    GUARD;

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  static final Actor BY_GUARD = new Actor(Cause.GUARD, "guard");

  static Actor user(String name) {
    return new Actor(Cause.USER, name);
  }

  static Actor rule(String name) {
    return new Actor(Cause.RULE, name);
  }

  static Actor source(String name) {
    return new Actor(Cause.SOURCE, name);
  }
}
