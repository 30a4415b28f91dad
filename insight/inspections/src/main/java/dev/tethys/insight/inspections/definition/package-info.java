/** Inspection files: their grammar, built-in inspections, and thresholds by scope. */
@NullMarked
package dev.tethys.insight.inspections.definition;

import org.jspecify.annotations.NullMarked;
