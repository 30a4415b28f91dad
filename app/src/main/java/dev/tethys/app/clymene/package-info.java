/** Clymene's flags and variables, and the graph that they mean. */
@NullMarked
package dev.tethys.app.clymene;

import org.jspecify.annotations.NullMarked;
