package dev.tethys.collect.cloud.reader;

import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.model.exposition.MetricFamily;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Result of one reading of a region or project of a cloud.
 *
 * @param parts parts of the reading in their order
 * @param databases servers that are known, also when their list could not be read again
 */
public record CloudReading(
    List<Part> parts, List<CloudDatabase> databases, List<MetricFamily> families) {
  /**
   * Part of a reading.
   *
   * @param failure kind of the failure; null if the part was read
   * @param problem message of the service; empty if the part was read
   * @param remedy policy or setting that permits the part; empty if unknown
   */
  public record Part(String name, @Nullable Failure failure, String problem, String remedy) {
    /** Whether the part was read. */
    public boolean isRead() {
      return failure == null;
    }
  }
}
