/**
 * Incidents: periods in which services or their hosts fail. {@link
 * dev.tethys.insight.incidents.Incidents} opens, continues and ends them and keeps their timelines;
 * {@link dev.tethys.insight.incidents.IncidentCauses} finds their causes.
 */
@NullMarked
package dev.tethys.insight.incidents;

import org.jspecify.annotations.NullMarked;
