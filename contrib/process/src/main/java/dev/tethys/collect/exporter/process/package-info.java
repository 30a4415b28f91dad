/**
 * Metrics of process-exporter: processes of this machine in groups defined by a file of rules, with
 * counters that never decrease when processes start and end.
 */
@NullMarked
package dev.tethys.collect.exporter.process;

import org.jspecify.annotations.NullMarked;
