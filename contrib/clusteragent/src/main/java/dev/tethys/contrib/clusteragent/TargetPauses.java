package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.database.reader.ReadingException.Failure;
import java.time.Duration;

/** Pauses after failed readings. */
final class TargetPauses {
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final Duration LOGIN = Duration.ofMinutes(10);
  private static final Duration LONGEST_LOGIN = Duration.ofHours(1);
  private static final int MAX_DOUBLINGS = 20;

  private TargetPauses() {}

  /**
   * Time until the next attempt. It doubles with each failure. Logins are repeated after minutes:
   * servers lock users after several wrong passwords.
   *
   * @param failures number of failures in succession, from 1
   */
  static Duration after(Failure failure, int failures, Duration interval) {
    boolean login = failure == Failure.LOGIN;
    Duration first = login ? LOGIN : interval;
    Duration longest = login ? LONGEST_LOGIN : LONGEST.compareTo(interval) < 0 ? interval : LONGEST;
    Duration pause = first;
    for (int i = 1; i < Math.min(failures, MAX_DOUBLINGS) && pause.compareTo(longest) < 0; i++) {
      pause = pause.multipliedBy(2);
    }
    return pause.compareTo(longest) > 0 ? longest : pause;
  }
}
