package dev.tethys.collect.database.reader;

import java.util.ArrayList;
import java.util.List;

/**
 * Parts of one reading with the result of each. A part that the server refuses leaves the others as
 * they are. Not thread-safe.
 */
public final class ReadingParts {
  private final List<DatabaseReading.Part> parts = new ArrayList<>();

  /** Adds a part that was read. */
  public void succeeded(String name) {
    parts.add(new DatabaseReading.Part(name, "", ""));
  }

  /** Adds a part that the server refused. */
  public void failed(String name, String problem, String remedy) {
    parts.add(new DatabaseReading.Part(name, problem.isEmpty() ? "failed" : problem, remedy));
  }

  /** All parts in their order. */
  public List<DatabaseReading.Part> all() {
    return List.copyOf(parts);
  }

  /** Names of the parts that failed. */
  public List<String> failures() {
    return parts.stream().filter(p -> !p.isRead()).map(DatabaseReading.Part::name).toList();
  }
}
