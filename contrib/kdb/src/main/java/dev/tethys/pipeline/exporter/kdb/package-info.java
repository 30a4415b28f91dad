/** kdb+ as a destination: a tickerplant, or a process with keyed tables. */
@NullMarked
package dev.tethys.pipeline.exporter.kdb;

import org.jspecify.annotations.NullMarked;
