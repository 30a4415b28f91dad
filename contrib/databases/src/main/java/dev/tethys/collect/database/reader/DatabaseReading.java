package dev.tethys.collect.database.reader;

import dev.tethys.model.exposition.MetricFamily;
import java.util.List;

/**
 * Result of one reading of a server.
 *
 * @param families metrics, without the label of the address
 * @param parts parts of the reading in their order; parts that were not due are absent
 * @param changes changes of definitions and settings since the last reading
 * @param events plans and slow calls of statements since the last reading
 * @param statements number of statements or commands that were sent
 */
public record DatabaseReading(
    List<MetricFamily> families,
    List<Part> parts,
    List<DatabaseChange> changes,
    List<StatementEvent> events,
    long statements) {
  /** Reading without events of statements. */
  public DatabaseReading(
      List<MetricFamily> families,
      List<Part> parts,
      List<DatabaseChange> changes,
      long statements) {
    this(families, parts, changes, List.of(), statements);
  }

  /**
   * Part of a reading.
   *
   * @param problem message of the server, empty if the part was read
   * @param remedy statement or setting that permits the part, empty if unknown
   */
  public record Part(String name, String problem, String remedy) {
    /** Whether the part was read. */
    public boolean isRead() {
      return problem.isEmpty();
    }
  }
}
