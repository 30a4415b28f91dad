/**
 * Entities (services, instances, nodes, databases …) and their relations, with intervals of
 * validity. {@link EntityModel} reads label sets of series from a {@link SeriesIndex}, applies the
 * rules of {@link dev.tethys.insight.entities.rules.RuleSet} and answers with a {@link World}.
 */
@NullMarked
package dev.tethys.insight.entities;

import org.jspecify.annotations.NullMarked;
