/** kdb+ as a destination: a tickerplant, or a process with keyed tables. */
@NullMarked
package dev.tethys.pipeline.destination.kdb;

import org.jspecify.annotations.NullMarked;
