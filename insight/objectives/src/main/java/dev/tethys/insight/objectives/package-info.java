/**
 * Service level objectives: indicators, burn rates, and the recording and alerting rules that
 * compute them. {@link dev.tethys.insight.objectives.file} reads them from files, {@link
 * dev.tethys.insight.objectives.state} computes their states.
 */
@NullMarked
package dev.tethys.insight.objectives;

import org.jspecify.annotations.NullMarked;
