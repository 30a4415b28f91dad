package dev.tethys.model.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.model.storage.TenantStore;
import java.util.List;
import java.util.SortedSet;

/**
 * Store of log entries by tenant and stream. Times are Unix nanoseconds. A stream is identified by
 * its labels; two entries of a stream with equal time, body and structured metadata are one entry
 * if the store received them in one append, and may be two otherwise. Thread-safe.
 */
public interface LogStore extends TenantStore {
  /**
   * Appends entries and returns when they survive a crash of the process and of the machine.
   * Entries of any age and order are accepted. An entry that exceeds a limit is refused alone.
   *
   * @param batch not used by the store after the call
   * @throws dev.tethys.model.storage.StorageException if no entry was stored: disk full, closed
   */
  LogAppendResult append(Scope scope, LogBatch batch);

  /**
   * Selects the streams that fit all matchers, with the segments that may hold rows of them.
   *
   * @param from first time, inclusive
   * @param to last time, exclusive
   * @return a consistent view; close it to release its files
   */
  LogSelection select(Scope scope, List<Matcher> matchers, long from, long to);

  /** Label names of the streams that have entries in the range and fit the matchers. */
  SortedSet<String> labelNames(Scope scope, List<Matcher> matchers, long from, long to);

  /** Returns the label's values over the streams that match and have entries in the range. */
  SortedSet<String> labelValues(
      Scope scope, String name, List<Matcher> matchers, long from, long to);

  /** Labels of the streams that have entries in the range and fit the matchers, sorted. */
  List<Labels> series(Scope scope, List<Matcher> matchers, long from, long to);

  /**
   * Deletes the entries that are stored now and fit. No later query returns them; their space is
   * freed later.
   *
   * @param query text to list the deletion by
   * @param filter without {@link LogFilter.Test}, which cannot be kept
   */
  EventDeletion delete(
      Scope scope, String query, List<Matcher> matchers, LogFilter filter, long from, long to);
}
