package dev.tethys.collect.observe.profile;

import dev.tethys.collect.observe.connection.Owner;
import java.util.List;
import java.util.Map;

/** Receives the profiles of a round. */
@FunctionalInterface
public interface ProfileSink {
  /**
   * Profile collected for one owner.
   *
   * @param owner container, unit or process
   * @param startNanos start of the round, nanoseconds since 1970
   * @param durationNanos length of the round
   * @param samples number of samples by stack, the innermost function first
   */
  record OwnerProfile(
      Owner owner, long startNanos, long durationNanos, Map<List<String>, Long> samples) {}

  /** Called once a round, on the thread that reads the samples, with the profiles of all owners. */
  void accept(List<OwnerProfile> profiles);
}
