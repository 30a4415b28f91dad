package dev.tethys.model.profiles;

import dev.tethys.model.Labels;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Consistent view of the profiles selected by a query. Must be closed to release its files. */
public interface ProfileSelection extends AutoCloseable {
  /** Returns the series that may have profiles in the range. */
  List<Labels> series();

  /**
   * Reads all profiles.
   *
   * @param stopped true ends the reading early
   */
  void read(ProfileReader reader, BooleanSupplier stopped);

  /**
   * Start of the earliest profile of the series, including deleted ones; the maximum value if none.
   */
  long oldest();

  /**
   * Start of the latest profile of the series, including deleted ones; the minimum value if none.
   */
  long newest();

  /** Damage to files that this selection omitted; empty if it is complete. */
  List<String> damage();

  @Override
  void close();
}
