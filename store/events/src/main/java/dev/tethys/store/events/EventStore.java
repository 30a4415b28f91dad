package dev.tethys.store.events;

import dev.tethys.model.storage.StoreHealth;
import java.io.IOException;
import java.util.SortedSet;

/** State and maintenance that the stores of all signals on the engine have in common. */
public interface EventStore extends AutoCloseable {
  /** Tenants with data. */
  SortedSet<String> tenants();

  /** Writes everything in memory into parts. */
  void flush() throws IOException;

  /** Number of parts. */
  int parts();

  /** Bytes of the parts on the disk. */
  long partBytes();

  /** Number of parts that were found damaged and are left out of queries. */
  int unreadableParts();

  /** Memory of the rows that are not in parts, in bytes. */
  long headBytes();

  /** Size, limits and failures. */
  StoreHealth health();

  @Override
  void close();
}
