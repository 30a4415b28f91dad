/** Schedules of periodic work and the threads that run it. */
@NullMarked
package dev.tethys.model.turns;

import org.jspecify.annotations.NullMarked;
