/** When things are done, and on which threads. */
@NullMarked
package dev.tethys.model.turns;

import org.jspecify.annotations.NullMarked;
