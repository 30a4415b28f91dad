package dev.tethys.insight.inspections;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.inspections.definition.Inspection;
import dev.tethys.insight.inspections.definition.InspectionSeverity;
import java.util.List;

/**
 * Problem detected on an entity.
 *
 * @param inspection inspection that detected the problem
 * @param entity entity on which the problem is shown
 * @param instances entities whose series are beyond the threshold, such as containers of a service
 * @param since Unix milliseconds
 * @param lastSeen time of the last value beyond the threshold
 * @param value worst of the instances
 * @param threshold threshold that applies to the entity
 * @param affected services that run on the entity or call it
 * @param requests requests a second of the affected services; 0 if not known
 * @param symptoms problems that this one explains
 */
public record InspectionProblem(
    Inspection inspection,
    InspectionSeverity severity,
    Entity entity,
    List<Entity> instances,
    long since,
    long lastSeen,
    double value,
    double threshold,
    String message,
    String remedy,
    List<Entity> affected,
    double requests,
    List<InspectionProblem> symptoms) {
  /** Returns the identity over time. */
  public String id() {
    return inspection.id() + ":" + entity.id();
  }

  InspectionProblem with(List<Entity> others, double rate, List<InspectionProblem> explained) {
    return new InspectionProblem(
        inspection,
        severity,
        entity,
        instances,
        since,
        lastSeen,
        value,
        threshold,
        message,
        remedy,
        others,
        rate,
        explained);
  }
}
