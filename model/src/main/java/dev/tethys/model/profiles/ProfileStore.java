package dev.tethys.model.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.model.storage.TenantStore;
import java.util.List;
import java.util.SortedSet;

/**
 * Store of profiles by tenant and series. Times are Unix nanoseconds. A series is identified by its
 * labels, including {@link ProfileLabels#PROFILE_TYPE}. Thread-safe.
 */
public interface ProfileStore extends TenantStore {
  /**
   * Appends profiles and returns when they survive a crash of the process and of the machine.
   * Profiles of any age and order are accepted. A profile that exceeds a limit is refused alone.
   *
   * @param batch not used by the store after the call
   * @throws dev.tethys.model.storage.StorageException if no profile was stored: disk full, closed
   */
  ProfileAppendResult append(Scope scope, ProfileBatch batch);

  /**
   * Selects the profiles of the series that fit all matchers.
   *
   * @param from first time, inclusive
   * @param to last time, exclusive
   */
  ProfileSelection select(Scope scope, List<Matcher> matchers, long from, long to);

  /** Label names of the series that have profiles in the range and fit the matchers. */
  SortedSet<String> labelNames(Scope scope, List<Matcher> matchers, long from, long to);

  /** Returns the label's values over the series that match and have profiles in the range. */
  SortedSet<String> labelValues(
      Scope scope, String name, List<Matcher> matchers, long from, long to);

  /** Labels of the series that have profiles in the range and fit the matchers, sorted. */
  List<Labels> series(Scope scope, List<Matcher> matchers, long from, long to);

  /**
   * Deletes the profiles that are stored now and fit. No later query returns them; their space is
   * freed later.
   *
   * @param query text to list the deletion by
   */
  EventDeletion delete(Scope scope, String query, List<Matcher> matchers, long from, long to);
}
