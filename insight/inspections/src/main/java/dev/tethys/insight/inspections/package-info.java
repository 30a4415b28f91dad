/**
 * Inspections of services, nodes and databases. {@link InspectionEngine} evaluates the queries of
 * an {@link dev.tethys.insight.inspections.definition.InspectionSet}, finds the entity of each
 * series and publishes an {@link InspectionReport}.
 */
@NullMarked
package dev.tethys.insight.inspections;

import org.jspecify.annotations.NullMarked;
