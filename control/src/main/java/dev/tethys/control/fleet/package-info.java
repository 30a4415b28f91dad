/** State and counts of connected agents. */
@NullMarked
package dev.tethys.control.fleet;

import org.jspecify.annotations.NullMarked;
