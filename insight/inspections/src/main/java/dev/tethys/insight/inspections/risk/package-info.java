/** Risks: series of the entities that their files ask for, and dismissals by people. */
@NullMarked
package dev.tethys.insight.inspections.risk;

import org.jspecify.annotations.NullMarked;
