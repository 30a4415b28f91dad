/** Log entries of agents: line, time and stream. */
@NullMarked
package dev.tethys.model.logs;

import org.jspecify.annotations.NullMarked;
