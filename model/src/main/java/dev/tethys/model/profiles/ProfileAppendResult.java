package dev.tethys.model.profiles;

import java.util.List;

/**
 * Append result.
 *
 * @param stored number of stored profiles
 * @param refusals refused profiles by series and reason
 */
public record ProfileAppendResult(int stored, List<Refusal> refusals) {
  /** Result of an append without profiles. */
  public static final ProfileAppendResult EMPTY = new ProfileAppendResult(0, List.of());

  /**
   * Profiles rejected by a limit.
   *
   * @param profiles number of rejected profiles
   * @param limit reason as in Pyroscope's {@code pyroscope_discarded_samples_total}
   * @param message the limit, its value and the value that exceeds it
   */
  public record Refusal(int profiles, String limit, String message) {}

  /** Returns the number of rejected profiles. */
  public int refused() {
    return refusals.stream().mapToInt(Refusal::profiles).sum();
  }
}
