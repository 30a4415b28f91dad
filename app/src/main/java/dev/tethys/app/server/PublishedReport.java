package dev.tethys.app.server;

import dev.tethys.insight.entities.World;
import dev.tethys.insight.inspections.InspectionReport;
import org.jspecify.annotations.Nullable;

/**
 * Last report of an evaluation, and whether a new one is needed. Without entities there are no
 * problems, so that an idle server evaluates only for a request.
 */
final class PublishedReport {
  private volatile @Nullable InspectionReport report;
  private volatile boolean isAsked;

  /** The report; null before the first evaluation. */
  @Nullable InspectionReport get() {
    return report;
  }

  /** Returns the report for a request, which makes the next evaluation needed. */
  @Nullable InspectionReport requested() {
    isAsked = true;
    return report;
  }

  /** Whether a world must be evaluated. */
  boolean isNeeded(World world) {
    InspectionReport last = report;
    return !world.entities().isEmpty()
        || isAsked
        || last != null && !last.world().entities().isEmpty();
  }

  void publish(InspectionReport next) {
    isAsked = false;
    report = next;
  }
}
