/**
 * What process-exporter does: processes of this machine in groups that a file of rules names, with
 * counters that never fall though processes come and go.
 */
@NullMarked
package dev.tethys.collect.exporter.process;

import org.jspecify.annotations.NullMarked;
