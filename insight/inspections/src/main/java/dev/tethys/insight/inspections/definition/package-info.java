/** Inspections as files: their grammar, those that are built in, and thresholds by scope. */
@NullMarked
package dev.tethys.insight.inspections.definition;

import org.jspecify.annotations.NullMarked;
